// Append one JSON line per event, as genesis_recorder/events.py does. Node 18 and later.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const LONGEST = 6000;
const record = process.env.GENESIS_TEST_RECORD;
const root = process.env.GENESIS_TEST_ROOT || process.cwd();

// Tests replace the functions of `fs`.
const { appendFileSync, realpathSync } = fs;

function write(event, values) {
  if (!record) return;
  try {
    appendFileSync(record, JSON.stringify({ event, ...values }) + '\n');
  } catch {
    // A full disk must not fail the test that runs.
  }
}

// A path relative to the repository, with forward slashes.
function fileOf(name) {
  if (!name) return null;
  let absolute = String(name).replace(/^file:\/\//, '');
  try {
    absolute = realpathSync(absolute);
  } catch {
    // It is gone; its name still tells which it was.
  }
  const relative = path.relative(root, absolute).split(path.sep).join('/');
  return relative.startsWith('..') ? absolute : relative;
}

function plain(text) {
  return String(text ?? '').replace(/\u001b\[[0-9;]*m/g, '');
}

// The first lines up to the stack: what an error says.
function messageOf(text) {
  const lines = plain(text).split('\n');
  const end = lines.findIndex((line) => /^\s+at /.test(line));
  const said = (end > 0 ? lines.slice(0, end) : lines).map((line) => line.trim());
  return said.filter(Boolean).join(' ').slice(0, 1000);
}

function detailOf(text) {
  return plain(text).slice(-LONGEST);
}

// The line of a file in a stack trace, from 1; null when the stack does not pass there.
function lineIn(stack, name) {
  const escaped = String(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(escaped + ':(\\d+)(?::\\d+)?').exec(plain(stack));
  return found ? Number(found[1]) : null;
}

// Ids of the tests of a run: a second test of the same name gets a number.
class Names {
  #seen = new Map();

  take(file, parts) {
    const name = `${file}::${parts.map((part) => plain(part).trim()).join(' > ')}`;
    const count = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, count);
    return count > 1 ? `${name} (${count})` : name;
  }
}

module.exports = { write, fileOf, plain, messageOf, detailOf, lineIn, Names };

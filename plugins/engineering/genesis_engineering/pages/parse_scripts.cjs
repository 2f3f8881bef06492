// Parses scripts and runs none of them. Standard input: one JSON object per line, with `id` and
// either `path` or `code`. Standard output: one line per object, `{"id", "message", "line"}`;
// `message` is null where the text is a classic script, a module or the body of a CommonJS one.
"use strict";
const childProcess = require("node:child_process");
const fs = require("node:fs");
const vm = require("node:vm");
const readline = require("node:readline");

const NAMES = ["exports", "require", "module", "__filename", "__dirname"];

let asks = 0;

function failure(error) {
  const found = /^script-under-review:(\d+)/m.exec(error.stack || "");
  return { message: String(error.message), line: found ? Number(found[1]) : 1 };
}

function read(asked) {
  if (asked.code !== undefined) return asked.code;
  try {
    return fs.readFileSync(asked.path, "utf8");
  } catch {
    return ""; // Gone since it was listed, or not named in UTF-8: nothing is wrong with it.
  }
}

function judge(code) {
  const filename = "script-under-review";
  const attempts = [
    () => new vm.Script(code, { filename }),
    () => new vm.SourceTextModule(code, { identifier: filename }),
    () => vm.compileFunction(code.replace(/^#!.*/, ""), NAMES, { filename }),
  ];
  // A file of settings that a program evaluates: one object and nothing else.
  if (/^(\s|\/\/.*|\/\*[^]*?\*\/)*\{/.test(code)) {
    attempts.push(() => new vm.Script(`(${code}\n)`, { filename }));
  }
  const failures = [];
  for (const attempt of attempts) {
    try {
      attempt();
      return { message: null, line: 1 };
    } catch (error) {
      failures.push(failure(error));
    }
  }
  return /^\s*(import|export)\b/m.test(code) ? placed(failures[1], code) : failures[0];
}

// Only the command line says where a module is broken; it checks and does not run either.
function placed(found, code) {
  asks += 1;
  if (asks > 50) return found;
  const arguments_ = ["--check", "--input-type=module", "-"];
  const options = { input: code, encoding: "utf8", timeout: 5000 };
  const { stderr } = childProcess.spawnSync(process.execPath, arguments_, options);
  const place = /^\[stdin\]:(\d+)/m.exec(stderr || "");
  return { message: found.message, line: place ? Number(place[1]) : 1 };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id: asked.id, ...judge(read(asked)) })}\n`);
});

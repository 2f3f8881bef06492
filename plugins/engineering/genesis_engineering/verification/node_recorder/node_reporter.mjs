// A reporter for node's own test runner: `node --test --test-reporter=node_reporter.mjs`.
// A file that runs no test counts as a test, as in node's own counts. Describe blocks do not.
import events from './events.cjs';

const SEPARATOR = ' > ';

// What is known of one file while its tests run.
class TestFile {
  constructor(name) {
    this.name = name;
    this.shown = events.fileOf(name);
    this.starting = []; // names by nesting, as tests begin
    this.reporting = []; // names by nesting, as their results come
    this.guessed = new Set(); // ids that began and have no result yet
    this.errors = '';
  }

  isItself(data) {
    return data.nesting === 0 && (data.name === this.name || events.fileOf(data.name) === this.shown);
  }

  path(stack, data) {
    stack.length = data.nesting;
    stack[data.nesting] = data.name;
    return [...stack];
  }
}

class Run {
  files = new Map();
  names = new events.Names();
  failed = false;

  file(data) {
    const name = data.file ?? '';
    if (!this.files.has(name)) this.files.set(name, new TestFile(name));
    return this.files.get(name);
  }

  began(data) {
    const file = this.file(data);
    const parts = file.path(file.starting, data).map((part) => events.plain(part).trim());
    const id = file.isItself(data) ? file.shown : `${file.shown}::${parts.join(SEPARATOR)}`;
    file.guessed.add(id);
    events.write('start', { id });
  }

  ended(data, passed) {
    const file = this.file(data);
    if (file.isItself(data)) {
      file.guessed.delete(file.shown);
      this.result(file, file.shown, data, passed);
      return;
    }
    const parts = file.path(file.reporting, data);
    if (data.details?.type === 'suite') return;
    const id = this.names.take(file.shown, parts);
    file.guessed.delete(id);
    this.result(file, id, data, passed);
  }

  result(file, id, data, passed) {
    const error = data.details?.error;
    const left = data.skip !== undefined || data.todo !== undefined;
    let outcome = passed ? 'passed' : 'failed';
    if (left) outcome = 'skipped';
    else if (!passed && error?.failureType === 'cancelledByParent') outcome = 'error';
    if (outcome === 'failed' || outcome === 'error') this.failed = true;
    const bad = outcome === 'failed' || outcome === 'error';
    events.write('phase', {
      id,
      when: 'call',
      outcome,
      seconds: (data.details?.duration_ms ?? 0) / 1000,
      file: file.shown,
      line: bad ? lineOf(error, file, data) : data.line,
      message: left ? reasonOf(data) : bad ? saidBy(error, file, id) : '',
      detail: bad ? events.detailOf(id === file.shown ? file.errors : stackOf(error)) : '',
    });
    events.write('end', { id });
  }

  // All results of a file are in: what else began there was a describe block.
  complete(data) {
    const file = this.file(data);
    if (file.isItself(data)) this.forget(file);
  }

  forget(file) {
    for (const id of file.guessed) events.write('group', { id });
    file.guessed.clear();
  }

  finish() {
    for (const file of this.files.values()) this.forget(file);
    events.write('finish', { exit_status: this.failed ? 1 : this.files.size ? 0 : 5 });
  }
}

function reasonOf(data) {
  const reason = data.skip ?? data.todo;
  const word = data.skip !== undefined ? 'skipped' : 'todo';
  return typeof reason === 'string' && reason ? reason : word;
}

function causeOf(error) {
  return error?.cause instanceof Error || error?.cause?.stack ? error.cause : error;
}

function stackOf(error) {
  const cause = causeOf(error);
  return cause?.stack ?? String(cause?.message ?? cause ?? '');
}

// Of a file that failed as a whole, its last words on stderr that look like an error.
function saidBy(error, file, id) {
  if (id === file.shown && file.errors) {
    const said = file.errors.split('\n').filter((line) => /^\s*\w*(Error|Exception)\b.*:/.test(line));
    if (said.length) return events.messageOf(said[said.length - 1]);
  }
  const cause = causeOf(error);
  const name = cause?.name && cause.name !== 'Error' ? `${cause.name}: ` : '';
  const exit = error?.exitCode ? ` (exit code ${error.exitCode})` : error?.signal ? ` (${error.signal})` : '';
  return events.messageOf(`${name}${cause?.message ?? cause}`) + exit;
}

function lineOf(error, file, data) {
  return events.lineIn(stackOf(error), file.name) ?? data.line ?? null;
}

export default async function* record(source) {
  const run = new Run();
  events.write('session', { runner: 'node', version: process.versions.node });
  for await (const { type, data } of source) {
    if (type === 'test:dequeue') run.began(data);
    else if (type === 'test:start') run.file(data).path(run.file(data).reporting, data);
    else if (type === 'test:pass') run.ended(data, true);
    else if (type === 'test:fail') run.ended(data, false);
    else if (type === 'test:complete') run.complete(data);
    else if (type === 'test:stderr') {
      const file = run.file(data);
      file.errors = (file.errors + data.message).slice(-6000);
    }
  }
  run.finish();
  yield '';
}

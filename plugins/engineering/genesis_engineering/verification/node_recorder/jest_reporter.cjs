// A reporter for jest 24 and later: `jest --reporters=jest_reporter.cjs`.
'use strict';

const events = require('./events.cjs');

const OUTCOMES = { passed: 'passed', failed: 'failed', pending: 'skipped', todo: 'skipped',
  skipped: 'skipped', disabled: 'skipped' };

module.exports = class Recorder {
  constructor() {
    this.names = new events.Names();
    this.guessed = new Map();
  }

  onRunStart() {
    let version = '';
    try {
      version = require(require.resolve('jest/package.json', { paths: [process.cwd()] })).version;
    } catch {
      // Run from elsewhere: its version is not known.
    }
    events.write('session', { runner: 'jest', version });
  }

  onTestFileStart(test) {
    const file = events.fileOf(test.path);
    this.guessed.set(test.path, new Set([file]));
    events.write('start', { id: file });
  }

  onTestCaseStart(test, info) {
    const parts = [...(info.ancestorTitles ?? []), info.title];
    const id = `${events.fileOf(test.path)}::${parts.map((part) => part.trim()).join(' > ')}`;
    this.guessed.get(test.path)?.add(id);
    events.write('start', { id });
  }

  onTestFileResult(test, result) {
    const file = events.fileOf(test.path);
    const guessed = this.guessed.get(test.path) ?? new Set();
    if (result.testExecError || (result.failureMessage && !result.testResults.length)) {
      const detail = result.failureMessage || result.testExecError.stack || '';
      events.write('collection', { id: file, outcome: 'failed', file,
        message: messageOfFile(result, detail), detail: events.detailOf(detail) });
    }
    for (const one of result.testResults) {
      guessed.delete(this.record(test.path, file, one));
    }
    for (const id of guessed) events.write('group', { id });
  }

  record(path, file, one) {
    const id = this.names.take(file, [...one.ancestorTitles, one.title]);
    const outcome = OUTCOMES[one.status] ?? 'failed';
    const report = (one.failureMessages ?? []).join('\n\n');
    events.write('phase', {
      id, when: 'call', outcome, seconds: (one.duration ?? 0) / 1000, file,
      line: events.lineIn(report, path) ?? one.location?.line ?? null,
      message: outcome === 'failed' ? events.messageOf(report) : outcome === 'skipped' ? one.status : '',
      detail: outcome === 'failed' ? events.detailOf(report) : '',
    });
    events.write('end', { id });
    return id;
  }

  onRunComplete(_contexts, results) {
    const status = results.success ? 0 : results.numTotalTestSuites ? 1 : 5;
    events.write('finish', { exit_status: status });
  }

  getLastError() {}
};

// The first line after jest's heading that says what is wrong.
function messageOfFile(result, detail) {
  const said = result.testExecError?.message || events.plain(detail);
  const lines = events.plain(said).split('\n').map((line) => line.trim()).filter(Boolean);
  const telling = lines.find((line) => /Error\b|Cannot find|must contain/.test(line));
  return (telling ?? lines[0] ?? 'it cannot be run').slice(0, 1000);
}

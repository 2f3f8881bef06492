// A reporter for vitest: `vitest run --reporter=vitest_reporter.mjs`. Version 3 and later tell each
// module as it ends; earlier ones tell all files at the end of the run.
import events from './events.cjs';

const OUTCOMES = { pass: 'passed', fail: 'failed', skip: 'skipped', todo: 'skipped' };

export default class Recorder {
  names = new events.Names();
  guessed = new Map();
  recorded = new Set();
  finished = false;

  onInit(vitest) {
    events.write('session', { runner: 'vitest', version: vitest?.version ?? '' });
  }

  onTestModuleStart(module) {
    this.began(module.moduleId, []);
  }

  onTestCaseReady(test) {
    const parts = [test.name];
    for (let up = test.parent; up && up.type === 'suite'; up = up.parent) parts.unshift(up.name);
    this.began(test.module.moduleId, parts);
  }

  onTestModuleEnd(module) {
    this.recordFile(module.task);
  }

  onTestRunEnd(modules, errors, reason) {
    if (reason === 'interrupted') return;
    this.end((modules ?? []).map((module) => module.task), errors ?? []);
  }

  onFinished(files = [], errors = []) {
    this.end(files, errors);
  }

  began(path, parts) {
    const file = events.fileOf(path);
    const id = parts.length ? `${file}::${parts.map((part) => part.trim()).join(' > ')}` : file;
    if (!this.guessed.has(path)) this.guessed.set(path, new Set());
    this.guessed.get(path).add(id);
    events.write('start', { id });
  }

  end(files, errors) {
    if (this.finished) return;
    this.finished = true;
    for (const file of files) this.recordFile(file);
    const failed = errors.length > 0 || files.some((file) => file.result?.state === 'fail');
    events.write('finish', { exit_status: failed ? 1 : files.length ? 0 : 5 });
  }

  recordFile(file) {
    const key = `${file.filepath} ${file.projectName ?? ''}`;
    if (this.recorded.has(key)) return;
    this.recorded.add(key);
    const shown = events.fileOf(file.filepath);
    const guessed = this.guessed.get(file.filepath) ?? new Set();
    this.recordErrors(file, shown, shown);
    this.recordTasks(file.tasks ?? [], [], file, shown, guessed);
    for (const id of guessed) events.write('group', { id });
    guessed.clear();
  }

  recordTasks(tasks, above, file, shown, guessed) {
    for (const task of tasks) {
      const parts = [...above, task.name];
      if (task.type === 'suite') {
        this.recordErrors(task, `${shown}::${parts.join(' > ')}`, shown);
        this.recordTasks(task.tasks ?? [], parts, file, shown, guessed);
      } else {
        guessed.delete(this.recordTest(task, parts, file, shown));
      }
    }
  }

  // A file or describe block that failed itself, not through a test of it.
  recordErrors(task, id, shown) {
    const found = task.result?.errors ?? [];
    if (task.result?.state !== 'fail' || !found.length) return;
    const report = found.map(textOf).join('\n\n');
    events.write('collection', { id, outcome: 'failed', file: shown,
      message: events.messageOf(report), detail: events.detailOf(report) });
  }

  recordTest(task, parts, file, shown) {
    const id = this.names.take(shown, parts);
    const state = task.result?.state ?? (task.mode === 'run' ? '' : task.mode);
    const outcome = OUTCOMES[state];
    if (outcome === undefined) return id;
    const report = (task.result?.errors ?? []).map(textOf).join('\n\n');
    events.write('phase', {
      id, when: 'call', outcome, seconds: (task.result?.duration ?? 0) / 1000, file: shown,
      line: events.lineIn(report, file.filepath) ?? task.location?.line ?? null,
      message: outcome === 'failed' ? events.messageOf(report) : outcome === 'skipped' ? task.mode : '',
      detail: outcome === 'failed' ? events.detailOf(report) : '',
    });
    events.write('end', { id });
    return id;
  }
}

function textOf(error) {
  const named = `${error.name ?? 'Error'}: ${error.message ?? error}`;
  const stack = error.stack ?? error.stackStr ?? '';
  return stack.startsWith(error.name ?? '\0') ? stack : `${named}\n${stack}`;
}

// Long work: started, followed by server-sent events, cancelled, its results opened.

import { get, post } from './api.js';
import { byId, el, say } from './dom.js';
import { state } from './state.js';

export async function start(kind, options) {
  try {
    const job = await post(`/api/jobs/${kind}`, { study: state.raw, options });
    remember(job.name);
    follow(job);
    say('');
  } catch (fault) {
    say(fault.message, true);
  }
}

// This tab's jobs are found again after a reload.
export async function recall() {
  for (const name of JSON.parse(sessionStorage.getItem('jobs') ?? '[]')) {
    try { follow(await get(`/api/jobs/${name}`)); } catch { /* of an earlier start of the app */ }
  }
}

function remember(name) {
  sessionStorage.setItem('jobs', JSON.stringify([...JSON.parse(sessionStorage.getItem('jobs') ?? '[]'), name]));
}

function follow(job) {
  const box = el('article', { class: 'job', 'data-kind': job.kind });
  byId('jobs').prepend(box);
  const tell = told => {
    draw(box, told);
    if (told.kind === 'run' && told.state === 'done') bands(told);
  };
  tell(job);
  if (job.state === 'waiting') wait(job, tell);
  else if (!ended(job)) listen(job, tell);
}

// A browser holds six connections to one host: only jobs that run have a stream, of which there are two at once.
async function wait(job, tell) {
  let told = job;
  while (told.state === 'waiting') {
    await new Promise(next => setTimeout(next, 1500));
    try { told = await get(`/api/jobs/${job.name}`); } catch (fault) { say(fault.message, true); return; }
  }
  tell(told);
  if (!ended(told)) listen(told, tell);
}

function listen(job, tell) {
  const events = new EventSource(`/api/jobs/${job.name}/events`);
  events.onmessage = e => {
    const told = JSON.parse(e.data);
    if (ended(told)) events.close();
    tell(told);
  };
  events.onerror = () => say('The app does not answer; is it still running?', true);
}

const ended = job => ['done', 'failed', 'cancelled'].includes(job.state);

// From how fast this stage has gone so far.
const begun = new Map();
function left(job) {
  const key = `${job.name} ${job.stage}`;
  if (!begun.has(key)) begun.set(key, { time: Date.now(), done: job.done });
  const { time, done } = begun.get(key), seconds = (Date.now() - time) / 1000;
  if (job.done - done < 2 || seconds < 3) return '';
  const more = seconds / (job.done - done) * (job.total - job.done);
  return more < 90 ? ` · some ${Math.max(5, 5 * Math.round(more / 5))} s of it left` : ` · some ${Math.round(more / 60)} min of it left`;
}

function draw(box, job) {
  const share = job.total ? job.done / job.total : undefined;
  const file = name => `/api/jobs/${job.name}/files/${encodeURIComponent(name)}`;
  const pages = job.files.filter(f => f.endsWith('.html')), others = job.files.filter(f => !f.endsWith('.html'));
  box.dataset.state = job.state;
  box.replaceChildren(...[
    el('div', { class: 'head' }, el('b', {}, job.title), el('span', { class: job.state === 'failed' ? 'fault' : 'soft' }, job.state),
      ended(job) ? null : el('button', { type: 'button', class: 'cancel', onclick: () => post(`/api/jobs/${job.name}/cancel`, {}).then(told => draw(box, told), fault => say(fault.message, true)) }, 'Cancel'),
      job.state === 'done' ? pages.map(f => el('a', { href: file(f), target: '_blank', rel: 'noopener' }, f === 'report.html' ? 'Report' : f)) : null),
    ended(job) ? null : el('progress', share === undefined ? {} : { value: share, max: 1 }),
    ended(job) ? null : el('div', { class: 'soft' }, job.stage ? `${job.stage}${job.total ? ` · ${job.done} of ${job.total}${left(job)}` : ''}` : 'waiting for a place'),
    job.state === 'done' && others.length ? el('details', {}, el('summary', {}, 'Files'), el('p', {}, others.map(f => [el('a', { href: file(f), download: f }, f), ' ']))) : null,
    job.state === 'failed' ? el('p', { class: 'fault' }, job.said.at(-1) ?? 'It ended without a word.') : null,
    el('details', {}, el('summary', {}, 'What it runs and says'), el('code', {}, job.command), el('pre', {}, job.said.join('\n'))),
  ].filter(Boolean));
}

async function bands(job) {
  const found = await get(`/api/jobs/${job.name}/files/answer.json`);
  const told = found.ensemble?.bands;
  if (!told) return;
  const hash = found.study_hash; // of the study that was run, whatever the form shows by now
  state.attribution[hash] = found.ensemble.attribution;
  state.bands[hash] = Object.fromEntries(Object.entries(told).map(([cell, b]) => [cell, {
    cycle: b.cycle, low: b.low_C_per_kg.map(v => v / 3600), high: b.high_C_per_kg.map(v => v / 3600),
  }]));
  byId('view').dispatchEvent(new CustomEvent('again'));
}

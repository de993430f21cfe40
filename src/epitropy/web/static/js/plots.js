// Curves by Plotly, in the page's own colours; loaded when the first is drawn.

const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#b8a800', '#8c6bb1'];
const DASHES = ['solid', 'dash', 'dashdot', 'dot', 'longdash', 'solid', 'dash', 'dashdot', 'dot'];

export const colour = i => COLOURS[i % COLOURS.length];
export const dash = i => DASHES[i % DASHES.length];

let loading = null;

export function script(src, name) {
  if (window[name]) return Promise.resolve(window[name]);
  return new Promise((found, lost) => {
    const node = document.createElement('script');
    node.src = src;
    node.onload = () => found(window[name]);
    node.onerror = () => lost(new Error(`${src} could not be loaded`));
    document.head.append(node);
  });
}

export const plotly = () => (loading ??= script('/static/vendor/plotly-cartesian.min.js', 'Plotly'));

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(title, more = {}) {
  return { title: { text: title, standoff: 8 }, gridcolor: css('--plot-grid'), linecolor: css('--soft'), zeroline: false,
    ticks: 'outside', tickcolor: css('--soft'), automargin: true, ...more };
}

export async function plot(node, traces, { x, y, xmore = {}, ymore = {}, shapes = [], layout = {} }) {
  const Plotly = await plotly();
  const ink = css('--ink');
  await Plotly.react(node, traces, {
    font: { family: 'system-ui, sans-serif', size: 13, color: ink }, paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)', margin: { l: 60, r: 16, t: 10, b: 48 }, hovermode: 'closest',
    legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0 }, xaxis: axis(x, xmore), yaxis: axis(y, ymore),
    shapes, ...layout,
  }, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ['select2d', 'lasso2d'],
    toImageButtonOptions: { format: 'svg' } });
}

export function forget(root) {
  if (!window.Plotly) return;
  for (const node of root.querySelectorAll('.js-plotly-plot')) window.Plotly.purge(node);
}

// The chart of months: committed bars, the expected line within its band from worst to best case, an earlier forecast
// as a ghost line, and what was invoiced. Each month can be pointed at or reached with the arrow keys and then read.
import { drawing, element, responsive } from './dom.js';
import { compact, day, known, money, month, monthName, projects } from './format.js';

/** The round step, 1, 2 or 5 times a power of ten, that divides a span into at most as many parts as wanted. */
export function tickStep(span, wanted) {
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  return power * [1, 2, 5, 10].find((factor) => span / (power * factor) <= wanted);
}

/** The multiples of a step from low to high. */
export function ticks(low, high, step) {
  const marks = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) marks.push(value);
  return marks;
}

const path = (points) => points.map(([x, y], index) => `${index ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

function reading(row, currentMonth) {
  const parts = [];
  if (known(row.expected_value)) {
    parts.push(`expected ${money(row.expected_value)} (${money(row.worst_case_value)} to ${money(row.best_case_value)})`,
      `committed ${money(row.committed_value)}`, projects(row.project_count));
  }
  if (known(row.earlier_expected_value)) parts.push(`forecast earlier ${money(row.earlier_expected_value)}`);
  if (known(row.actual_value)) {
    parts.push(`invoiced ${row.forecast_month === currentMonth ? 'so far ' : ''}${money(row.actual_value)}`);
  }
  return `${month(row.forecast_month)}: ${parts.join(' · ') || 'nothing is known'}`;
}

/** One of several columns is in the tab order; arrow keys, Home and End move between them. */
function walk(event) {
  const columns = [...event.currentTarget.parentNode.querySelectorAll(':scope > .column')];
  const here = columns.indexOf(event.currentTarget);
  const target = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: columns.length - 1 }[event.key];
  if (target === undefined || !columns[target]) return;
  event.preventDefault();
  columns[here].setAttribute('tabindex', -1);
  columns[target].setAttribute('tabindex', 0);
  columns[target].focus();
}

function draw(width, { months, current_month: currentMonth }, read) {
  const height = width < 560 ? 250 : 330;
  const box = { left: 50, right: width - 6, top: 18, bottom: height - 36 };
  const keys = ['committed_value', 'expected_value', 'worst_case_value', 'best_case_value', 'earlier_expected_value', 'actual_value'];
  const values = months.flatMap((row) => keys.map((key) => row[key]).filter(known));
  const [lowest, highest] = [Math.min(0, ...values), Math.max(0, ...values)];
  // Of nothing but zeros there is the line of zero.
  const unit = lowest === highest ? 1 : tickStep(highest - lowest, height < 300 ? 4 : 6);
  const [low, high] = [Math.floor(lowest / unit) * unit, Math.ceil(highest / unit) * unit];
  const y = (value) => box.top + (1 - (value - low) / (high - low || 1)) * (box.bottom - box.top);
  const step = (box.right - box.left) / months.length;
  const x = (index) => box.left + (index + 0.5) * step;
  const points = (key) => months.map((row, index) => [row[key], index]).filter(([value]) => known(value))
    .map(([value, index]) => [x(index), y(value)]);
  const now = months.findIndex((row) => row.forecast_month === currentMonth);
  const labelled = Math.ceil(34 / step);

  const grid = ticks(low, high, unit).map((value) => [
    drawing('line', { class: value === 0 ? 'zero' : 'grid', x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
    drawing('text', { x: box.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, compact(value))]);
  const columns = months.map((row, index) => {
    const year = row.forecast_month.slice(0, 4);
    const isFirstOfYear = index === 0 || months[index - 1].forecast_month.slice(0, 4) !== year;
    return drawing('g', {
      class: 'column', tabindex: index === now ? 0 : -1, role: 'img', 'aria-label': reading(row, currentMonth),
      onfocus: () => read(row), onpointerenter: () => read(row), onkeydown: walk,
    },
    drawing('rect', { class: 'hit', x: x(index) - step / 2, y: box.top, width: step, height: box.bottom - box.top, rx: 3 }),
    (index - now) % labelled === 0 || isFirstOfYear && step > 24
      ? drawing('text', { class: index === now ? 'now' : null, x: x(index), y: box.bottom + 17, 'text-anchor': 'middle' }, monthName(row.forecast_month)) : null,
    isFirstOfYear ? drawing('text', { x: x(index), y: box.bottom + 32, 'text-anchor': 'middle' }, year) : null);
  });
  const committed = months.map((row, index) => (row.committed_value ? drawing('rect', {
    class: 'mark-committed', x: x(index) - step * 0.26, width: step * 0.52, rx: 2,
    y: Math.min(y(0), y(row.committed_value)), height: Math.abs(y(0) - y(row.committed_value)),
  }) : null));
  const dots = (key, kind, radius) => points(key).map(([cx, cy]) => drawing('circle', { class: kind, cx, cy, r: radius }));
  const border = x(now) - step / 2;

  return drawing('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Forecast by month; the arrow keys go from month to month' },
    grid, columns,
    drawing('g', { class: 'marks', 'aria-hidden': 'true' },
      now > 0 ? [drawing('line', { class: 'border', x1: border, x2: border, y1: box.top - 12, y2: box.bottom }),
        drawing('text', { x: border - 6, y: box.top - 5, 'text-anchor': 'end' }, 'past'),
        drawing('text', { x: border + 6, y: box.top - 5 }, 'ahead')] : null,
      drawing('path', { class: 'mark-band', d: `${path([...points('best_case_value'), ...points('worst_case_value').reverse()])}Z` }),
      committed,
      drawing('path', { class: 'line-earlier', d: path(points('earlier_expected_value')) }),
      drawing('path', { class: 'line-expected', d: path(points('expected_value')) }),
      dots('expected_value', 'dot-expected', 3),
      drawing('path', { class: 'line-actual', d: path(points('actual_value')) }),
      dots('actual_value', 'dot-actual', 4.5)));
}

export function forecastChart(forecast) {
  const { months, current_month: currentMonth, earlier_snapshot_date: earlier } = forecast;
  const output = element('output', { class: 'reading' });
  const read = (row) => { output.textContent = reading(row, currentMonth); };
  read(months.find((row) => row.forecast_month === currentMonth));
  const entry = (kind, text) => element('li', {}, element('i', { class: `key ${kind}` }), text);
  const legend = element('ul', { class: 'legend' },
    entry('committed', 'committed'), entry('expected', 'expected'), entry('band', 'worst to best case'),
    earlier ? entry('earlier', `as forecast on ${day(earlier)}`) : null,
    months.some((row) => known(row.actual_value)) ? entry('actual', 'invoiced') : null);
  return [legend, responsive((width) => draw(width, forecast, read)), output];
}

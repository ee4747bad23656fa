// The bars beside the steps of a waterfall, all on one scale. It begins at zero where the changes can be seen on such a
// scale; where they are small beside the opening value, it is broken, and bars, axis and a sentence say so.
import { ticks, tickStep } from './chart.js';
import { drawing } from './dom.js';
import { compactTo, money } from './format.js';

/** The part that changes take at least of a scale from zero, so as to be seen on it. */
const seen = 0.3;
/** Where a broken scale is broken and where it goes on, in percent of the width. */
const broken = { at: 6, on: 12 };
const height = 15;
/** From a bar to the one below it, where both rows have one line. */
const rowGap = 18;

/** {from, step, ticks, position(value) in percent}: from is where a broken scale goes on, null for one from zero. */
export function scaleOf(levels) {
  const [lowest, highest] = [Math.min(...levels), Math.max(...levels)];
  return brokenScale(lowest, highest) ?? wholeScale(Math.min(lowest, 0), Math.max(highest, 0));
}

function brokenScale(lowest, highest) {
  const span = (highest - lowest) * 1.1;
  if (span === 0 || span > highest * seen) return null;
  const step = tickStep(span, 2);
  const from = Math.floor((highest - span) / step) * step;
  if (from <= 0) return null;
  const part = (100 - broken.on) / (highest - from);
  const position = (value) => (value < from ? 0 : broken.on + (value - from) * part);
  return { from, step, ticks: [0, ...ticks(from, highest, step)], position };
}

function wholeScale(low, high) {
  const step = tickStep(high - low, 4);
  return { from: null, step, ticks: ticks(low, high, step), position: (value) => (value - low) / (high - low) * 100 };
}

/** What a reader has to know of the scale, or nothing. */
export const aboutScale = ({ from }) => (from === null ? null
  : `The scale is broken between 0 and ${money(from)}, so that the changes are seen: opening and closing are not drawn in full length.`);

const neutral = ['month_ended', 'reassigned_in', 'reassigned_out'];

const percent = (value) => `${value.toFixed(3)}%`;

/** Two slanted strokes with nothing between them. */
const breakMark = (tall) => drawing('svg', { class: 'break', x: percent(broken.at), overflow: 'visible' },
  drawing('path', { class: 'gap', d: `M-5 ${tall}L1 0H5L-1 ${tall}Z` }),
  drawing('path', { d: `M-5 ${tall + 1}L1 -1M-1 ${tall + 1}L5 -1` }));

/** step: {bar, from, to, value, isTotal}, a line leads on to the next one. Decoration: the table says the value. */
export function bar(step, scale) {
  const [left, right] = [scale.position(step.from), scale.position(step.to)].sort((one, other) => one - other);
  const reached = percent(scale.position(step.to));
  // What is over or stands elsewhere now is neither gained nor lost.
  const kind = step.isTotal ? 'mark-total' : neutral.includes(step.bar) ? 'mark-neutral' : step.value >= 0 ? 'mark-up' : 'mark-down';
  return drawing('svg', { class: 'bar', height, 'aria-hidden': 'true' },
    step.value === 0 ? null : drawing('rect', { class: kind, x: percent(left), width: percent(Math.max(right - left, 0.4)), height }),
    step.isTotal && scale.from !== null ? breakMark(height) : null,
    step.bar === 'closing' ? null
      : drawing('line', { class: 'zero', x1: reached, x2: reached, y1: step.value === 0 ? 0 : height, y2: height + rowGap }));
}

export function axis(scale) {
  const label = compactTo(scale.step);
  const last = scale.ticks.length - 1;
  return drawing('svg', { class: 'bar axis', height: 22, 'aria-hidden': 'true' },
    drawing('line', { class: 'zero', x1: '0%', x2: '100%', y1: 21.5, y2: 21.5 }),
    scale.from === null ? null : drawing('svg', { y: 17, overflow: 'visible' }, breakMark(8)),
    scale.ticks.map((value, index) => {
      const x = scale.position(value);
      return [drawing('line', { class: 'zero', x1: percent(x), x2: percent(x), y1: 18, y2: 21.5 }),
        drawing('text', { class: index === 0 || index === last ? null : 'inner', x: percent(x), y: 13,
          'text-anchor': x < 5 ? 'start' : x > 92 ? 'end' : 'middle' }, label(value))];
    }));
}

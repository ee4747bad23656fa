// Numbers, days and moments as people read them. What is shown short stands in full in titles and tables.
const locale = 'en-GB';
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const months = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
const shortMonths = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: 'UTC' });
const mediumDays = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
const times = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' });

export const unknown = '–';
export const known = (value) => value !== null && value !== undefined;
const shown = (format) => (value) => (known(value) ? format(value) : unknown);
const dayOf = (day) => new Date(`${day}T00:00:00Z`);

export const text = shown((value) => (value === '' ? unknown : String(value)));
export const money = shown((value) => whole.format(value));
export const cents = shown((value) => exact.format(value));
export const signed = shown((value) => `${value > 0 ? '+' : ''}${whole.format(value)}`);
/** For narrow columns: whole up to eight digits. */
export const brief = shown((value) => (Math.abs(value) < 1e8 ? whole : short).format(value));
export const compact = shown((value) => short.format(value));
/** Compact, with as many digits as tell values apart that lie a step from one another. */
export const compactTo = (step) => (value) => new Intl.NumberFormat('en', {
  notation: 'compact', maximumSignificantDigits: Math.max(1, 1 + Math.floor(Math.log10(Math.abs(value) || 1)) - Math.floor(Math.log10(step))),
}).format(value);
export const count = shown((value) => whole.format(value));
export const percent = shown((share) => `${(share * 100).toFixed(1)} %`);
export const month = shown((day) => months.format(dayOf(day)));
export const monthName = shown((day) => shortMonths.format(dayOf(day)));
export const day = shown((value) => mediumDays.format(dayOf(value)));
/** Breaks between day and time alone. */
export const moment = shown((value) => {
  const then = new Date(value);
  return `${mediumDays.format(then)}, ${times.format(then)}\u00a0UTC`.replace(/(\d+) (\w+) (\d+)/, '$1\u00a0$2\u00a0$3');
});

export const words = shown((value) => value.replaceAll('_', ' '));
export const days = shown((number) => `${count(number)} ${number === 1 ? 'day' : 'days'}`);
export const projects = (number) => `${count(number)} ${number === 1 ? 'project' : 'projects'}`;

/** A span of time in its largest sensible unit. */
export function age(seconds) {
  if (!known(seconds)) return 'never';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

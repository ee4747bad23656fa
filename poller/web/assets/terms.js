// What the words of the page mean, in one place. A name of the page stands here in small letters.
const meanings = {
  expected: 'Contract value times probability, summed: what the pipeline brings on average.',
  committed: 'The value of what is ordered already: it comes, only its day may move.',
  'worst case': 'The sum of the lower ends of all projects’ bands. A project that has no order counts little or nothing in it.',
  'best case': 'The sum of the upper ends of all projects’ bands.',
  'worst to best': 'The band in which the value is expected to end: narrow where many comparable projects are known.',
  projects: 'Projects that are forecast for these months; lost ones are left out.',
  'stage buckets': 'Every stage belongs to one of three: Committed (ordered), Open (may still be won), Lost.',
  bucket: 'Every stage belongs to one of three: Committed (ordered), Open (may still be won), Lost.',
  'contract value': 'What was ordered or, before there is an order, what the enquiry is worth.',
  'forecast earlier': 'What the snapshot of a month ago expected for the month.',
  invoiced: 'What was really invoiced in the month, credit notes taken off.',
  probability: 'How likely an open project is won: as comparable projects of its account, type and category were, or as people state it.',
  'forecast for': 'The day for which the value is forecast: the order’s, the stated start or follow-up, else the day of its creation and the usual duration.',
  rating: '0 to 100: how a project compares with others in conversion, duration, size and account.',
  conversion: 'The share of comparable projects that were won, later ones counting more.',
  duration: 'How many days comparable projects took from their first design to the first invoice.',
  confidence: 'How far the figure can be trusted: with how many comparable projects are known and how alike they are.',
  missed: 'Sum of |expected − invoiced| over the months, as a share of what was invoiced.',
  bias: '(Expected − invoiced) as a share of what was invoiced: above 0 too much was forecast.',
  'months in the band': 'How often what was invoiced in a month lay between worst and best case.',
  foreseen: 'The share of invoiced projects that had been forecast for their month.',
  skill: 'How much smaller the error was than that of the best naive line: last month again, the same month last year, or the mean of twelve months.',
  months: 'How many months were compared.',
  opening: 'The forecast of the older snapshot.',
  closing: 'The forecast of the newer snapshot.',
  'new projects': 'Value of projects that were not forecast in the older snapshot.',
  won: 'Projects that became committed between the two snapshots.',
  lost: 'Projects that were lost between the two snapshots.',
  'value up': 'The contract value grew.',
  'value down': 'The contract value shrank.',
  'probability up': 'The project became more likely.',
  'probability down': 'The project became less likely.',
  'pulled in': 'The forecast date came from beyond the twelve months into them.',
  'pushed out': 'The forecast date left the twelve months.',
  removed: 'Projects that were archived or deleted.',
  snapshot: 'The whole forecast as it was on a day, kept every night, so that forecasts can be compared later.',
  lineage: 'The way of the data: from the board through reading and analysis back to the board.',
};

/** In the order of the alphabet. */
export const allTerms = Object.entries(meanings).sort(([one], [other]) => one.localeCompare(other, 'en'));

/** What a name means; null for one that explains itself. */
export const meaningOf = (name) => meanings[name.toLowerCase()] ?? null;

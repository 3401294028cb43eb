/** What a scrape says of one metric. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text that Prometheus scrapes; whatever it can't read is an error. */
export function parse(text: string): Family[] {
  const families: { name: string; help: string; type: string; samples: Sample[] }[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    const last = families.at(-1);
    if (help) families.push({ name: `${help[1]}`, help: `${help[2]}`, type: '', samples: [] });
    else if (type && last && type[1] === last.name) last.type = `${type[2]}`;
    else if (sample && last) {
      last.samples.push({
        name: `${sample[1]}`,
        labels: labelsOf(sample[2] ?? ''),
        value: Number(sample[3]?.replace('Inf', 'Infinity')),
      });
    } else throw new Error(`not of a scrape: ${line}`);
  }
  return families;
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const rest = text.replaceAll(
    /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g,
    (_, name: string, value: string) => {
      if (name in labels) throw new Error(`${name} is there twice: ${text}`);
      labels[name] = value;
      return '';
    },
  );
  if (rest !== '') throw new Error(`not labels: ${text}`);
  return labels;
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
};
const UNITS = /_(ms|milliseconds|minutes|hours|days|kilobytes|percent)(_|$)/;

/** What `promtool check metrics` would say of them, and whether each sample is where it belongs. */
export function lint(families: readonly Family[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const { name, help, type, samples } of families) {
    const say = (fault: string): unknown => faults.push(`${name} ${fault}`);
    if (seen.has(name)) say('is there twice');
    seen.add(name);
    if (help === '') say('has no help');
    if (!['counter', 'gauge', 'histogram'].includes(type)) say(`is of the type ${type}`);
    if ((type === 'counter') !== name.endsWith('_total')) say(`is a ${type}`);
    if (UNITS.test(name)) say('is in no base unit');
    if (/[A-Z]|__/.test(name)) say('is in no snake_case');
    if (/_(bucket|count|sum|counter|gauge|histogram)$/.test(name)) say('has a suffix of others');
    const names = (SUFFIXES[type] ?? ['']).map((suffix) => name + suffix);
    const series = new Set<string>();
    for (const sample of samples) {
      const { labels, value } = sample;
      if (!names.includes(sample.name)) say(`has a sample ${sample.name}`);
      for (const label of Object.keys(labels)) {
        if (/[A-Z]/.test(label)) say(`has the label ${label}`);
        if (labels[label] === '' || labels[label] === 'undefined') say(`has an empty ${label}`);
      }
      if (Number.isNaN(value)) say('has a sample that is no number');
      const id = sample.name + JSON.stringify(Object.entries(labels).toSorted());
      if (series.has(id)) say(`has ${id} twice`);
      series.add(id);
    }
  }
  return faults;
}

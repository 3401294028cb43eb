/** What may happen, in words, and what is then. */
export type Step<S> = readonly [name: string, next: S];

export interface Machine<S> {
  readonly first: S;
  steps(state: S): Iterable<Step<S>>;
  key(state: S): string;
  /** What is wrong with it; `''`: nothing. */
  wrong(state: S): string;
}

export interface Search {
  readonly states: number;
  /** Whether there was nothing left to look at. */
  readonly complete: boolean;
  /** `''` where nothing is wrong, else what is, after the shortest way there. */
  readonly found: string;
}

interface Visit<S> {
  readonly state: S;
  readonly from: Visit<S> | undefined;
  readonly name: string;
}

const told = <S>(visit: Visit<S>, wrong: string): string => {
  const names: string[] = [];
  for (let at: Visit<S> | undefined = visit; at?.from; at = at.from) names.unshift(at.name);
  const lines = names.map((name, index) => `${String(index + 1).padStart(3)}. ${name}`);
  return [...lines, wrong].join('\n');
};

/** Looks at all that may happen, the shortest ways first, until something is wrong or `limit` states have been seen. */
export const search = <S>({ first, steps, key, wrong }: Machine<S>, limit: number): Search => {
  const seen = new Set([key(first)]);
  let edge: Visit<S>[] = [{ state: first, from: undefined, name: '' }];
  while (edge.length > 0) {
    const next: Visit<S>[] = [];
    for (const visit of edge) {
      const problem = wrong(visit.state);
      if (problem) return { states: seen.size, complete: false, found: told(visit, problem) };
      if (seen.size >= limit) return { states: seen.size, complete: false, found: '' };
      for (const [name, state] of steps(visit.state)) {
        const id = key(state);
        if (seen.has(id)) continue;
        seen.add(id);
        next.push({ state, from: visit, name });
      }
    }
    edge = next;
  }
  return { states: seen.size, complete: true, found: '' };
};

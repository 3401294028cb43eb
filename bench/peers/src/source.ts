import type { Value } from './peer.ts';

/** What the loads read from, such as a database: counts them, and can fail or hang. */
export class Source {
  state: 'failing' | 'hanging' | 'ok' = 'ok';
  version = 1;
  loads = 0;
  /** What a load takes when all is well, in ms. */
  loadTime: number;
  /** What is called as a load begins. */
  onLoad: (() => void) | undefined;

  constructor(loadTime: number) {
    this.loadTime = loadTime;
  }

  readonly load = async (): Promise<Value> => {
    const { state, loadTime, version } = this;
    const asOf = Date.now();
    this.loads += 1;
    this.onLoad?.();
    if (state === 'failing') throw new Error('The source is out');
    if (state === 'hanging') await new Promise<never>(() => {});
    await new Promise((resolve) => setTimeout(resolve, loadTime));
    return { version, asOf };
  };
}

import { Keyv } from 'keyv';

/** A `Keyv` in memory that keeps values as they are: the quickest of the stores that its users can choose from. */
export function plainKeyv(): Keyv {
  const keyv = new Keyv();
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  return keyv;
}

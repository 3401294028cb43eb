/** Something can't be done, for a reason that whoever asked is told. */
export class Refusal extends Error {
  override name = 'Refusal';
}

/** What those are told who come as the bot leaves. */
export const RESTARTING = 'I am being restarted. Try again in a moment.';

import { RESTJSONErrorCodes } from 'discord.js';

/** An answer of Discord's REST other than what was asked for. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly problems: readonly string[];

  constructor(status: number, code: number, message: string, problems: readonly string[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.problems = problems;
  }

  /** As it goes over the wire. */
  toJSON(): object {
    const { code, message, problems } = this;
    if (problems.length === 0) return { code, message };
    const _errors = problems.map((problem) => ({ code: 'INVALID', message: problem }));
    return { code, message, errors: { _errors } };
  }
}

export function invalidForm(problems: readonly string[]): Refusal {
  const { InvalidFormBodyOrContentType } = RESTJSONErrorCodes;
  return new Refusal(400, InvalidFormBodyOrContentType, 'Invalid Form Body', problems);
}

export function unknownInteraction(): Refusal {
  return new Refusal(404, RESTJSONErrorCodes.UnknownInteraction, 'Unknown interaction');
}

export function alreadyAcknowledged(): Refusal {
  const code = RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;
  return new Refusal(400, code, 'Interaction has already been acknowledged.');
}

export function unknownMessage(): Refusal {
  return new Refusal(404, RESTJSONErrorCodes.UnknownMessage, 'Unknown Message');
}

export function unauthorized(): Refusal {
  return new Refusal(401, 0, '401: Unauthorized');
}

export function notFound(): Refusal {
  return new Refusal(404, 0, '404: Not Found');
}

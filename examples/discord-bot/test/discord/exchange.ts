import {
  type APIApplicationCommandOptionChoice,
  type APIInteractionResponse,
  type APIMessage,
  InteractionResponseType,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord.js';
import { alreadyAcknowledged, unknownInteraction, unknownMessage } from './errors.ts';
import { newId } from './ids.ts';
import { refusalOfChoices, refusalOfMessage } from './limits.ts';

/** Ms within which an interaction must be answered at first. */
const PATIENCE = 3000;

/** What somebody sees of an answer. */
export interface Shown {
  readonly message: APIMessage;
  /** Whether the message with the button was changed, instead of a new one sent. */
  readonly isUpdate: boolean;
}

/** One interaction and all that comes of it, by Discord's rules. */
export class Exchange {
  readonly id: string = newId();
  readonly token: string = `token-${this.id}`;
  readonly #acknowledged = Promise.withResolvers<InteractionResponseType>();
  readonly #shown = Promise.withResolvers<Shown>();
  readonly #choices = Promise.withResolvers<readonly APIApplicationCommandOptionChoice[]>();
  readonly #newMessage: () => APIMessage;
  readonly #deadline: NodeJS.Timeout;
  #state: 'acknowledged' | 'new' | 'too late' = 'new';
  /** What `@original` is: the message with the button, or the answer. */
  #original: APIMessage | undefined;
  #isUpdate = false;

  /**
   * @param newMessage - Makes an empty answer.
   * @param pressedOn - The message with the button that was pressed.
   */
  constructor(newMessage: () => APIMessage, pressedOn?: APIMessage) {
    this.#newMessage = newMessage;
    this.#original = pressedOn;
    // Whoever looks at one of them need not look at all.
    for (const { promise } of [this.#acknowledged, this.#shown, this.#choices]) {
      promise.catch(() => {});
    }
    this.#deadline = setTimeout(() => this.giveUp(), PATIENCE).unref();
  }

  /** How the bot answered at first. Rejects where it didn't in time: "The application did not respond". */
  get acknowledged(): Promise<InteractionResponseType> {
    return this.#acknowledged.promise;
  }

  /** The first message that is more than "thinking …". */
  get shown(): Promise<Shown> {
    return this.#shown.promise;
  }

  /** What an autocompletion offers. */
  get choices(): Promise<readonly APIApplicationCommandOptionChoice[]> {
    return this.#choices.promise;
  }

  /** @throws {Refusal} It comes too late, twice, or isn't as it should be. */
  respond(response: APIInteractionResponse): void {
    if (this.#state === 'too late') throw unknownInteraction();
    if (this.#state === 'acknowledged') throw alreadyAcknowledged();
    this.#take(response);
    this.#state = 'acknowledged';
    clearTimeout(this.#deadline);
    this.#acknowledged.resolve(response.type);
  }

  /** Changes `@original`. */
  edit(body: RESTPostAPIChannelMessageJSONBody): APIMessage {
    if (this.#state !== 'acknowledged' || !this.#original) throw unknownMessage();
    return this.#show(this.#original, body, this.#isUpdate);
  }

  /** Sends one more message. */
  followUp(body: RESTPostAPIChannelMessageJSONBody): APIMessage {
    if (this.#state !== 'acknowledged') throw unknownMessage();
    return this.#show(this.#newMessage(), body, false);
  }

  #take(response: APIInteractionResponse): void {
    switch (response.type) {
      case InteractionResponseType.ChannelMessageWithSource:
        this.#original = this.#newMessage();
        this.#show(this.#original, response.data, false);
        return;
      case InteractionResponseType.DeferredChannelMessageWithSource:
        this.#original = { ...this.#newMessage(), ...response.data } as APIMessage;
        return;
      case InteractionResponseType.DeferredMessageUpdate:
        this.#isUpdate = true;
        return;
      case InteractionResponseType.UpdateMessage:
        if (!this.#original) throw unknownMessage();
        this.#isUpdate = true;
        this.#show(
          this.#original,
          (response.data ?? {}) as RESTPostAPIChannelMessageJSONBody,
          true,
        );
        return;
      case InteractionResponseType.ApplicationCommandAutocompleteResult: {
        const choices = response.data.choices ?? [];
        const refusal = refusalOfChoices(choices);
        if (refusal) throw refusal;
        this.#choices.resolve(choices);
        return;
      }
      default:
        throw new Error(`no bot of this example answers with type ${response.type}`);
    }
  }

  #show(
    message: APIMessage,
    body: RESTPostAPIChannelMessageJSONBody,
    isUpdate: boolean,
  ): APIMessage {
    const refusal = refusalOfMessage(body);
    if (refusal) throw refusal;
    Object.assign(message, body, { flags: (message.flags ?? 0) | (body.flags ?? 0) });
    this.#shown.resolve({ message: structuredClone(message), isUpdate });
    return message;
  }

  /** Takes no answer any more, as Discord does after 3 s. */
  giveUp(): void {
    clearTimeout(this.#deadline);
    this.#state = 'too late';
    const error = new Error('The application did not respond');
    this.#acknowledged.reject(error);
    this.#shown.reject(error);
    this.#choices.reject(error);
  }
}

import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { SupabaseStack } from 'supabase-stack';

/** What goes between a loader and the API. */
export class Wire {
  readonly client: SupabaseClient;
  /** What was answered since {@link clear}. */
  answers: string[] = [];
  /** Called after each answer, before the loader has it. */
  onAnswer: (nth: number) => Promise<void> | void = () => {};

  constructor(stack: SupabaseStack) {
    this.client = createClient(stack.url, stack.anonKey, {
      global: {
        fetch: async (...request) => {
          const response = await fetch(...request);
          const nth = this.answers.push(await response.clone().text());
          await this.onAnswer(nth);
          return response;
        },
      },
    });
  }

  clear(): void {
    this.answers = [];
    this.onAnswer = () => {};
  }
}

import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';

/** What signs and checks the API keys of one stack. */
export interface Keys {
  readonly secret: string;
  readonly anonKey: string;
  readonly serviceKey: string;
}

/** Keys as a Supabase project has them: JWTs that name a database role. */
export async function makeKeys(): Promise<Keys> {
  const secret = randomBytes(32).toString('hex');
  const sign = (role: string): Promise<string> =>
    new SignJWT({ role })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer('supabase-stack')
      .setIssuedAt()
      .setExpirationTime('1d')
      .sign(new TextEncoder().encode(secret));
  return { secret, anonKey: await sign('anon'), serviceKey: await sign('service_role') };
}

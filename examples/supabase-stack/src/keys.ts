import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';

/** The secret of a project, and the keys that are signed by it. */
export interface Keys {
  readonly jwtSecret: string;
  readonly anonKey: string;
  readonly serviceKey: string;
}

/** Makes keys as Supabase's own: JWTs (HS256) that say which role of the database a request has. */
export async function createKeys(): Promise<Keys> {
  const jwtSecret = randomBytes(32).toString('hex');
  const sign = (role: string): Promise<string> =>
    new SignJWT({ role })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer('supabase-stack')
      .setIssuedAt()
      .setExpirationTime('10 years')
      .sign(new TextEncoder().encode(jwtSecret));
  return { jwtSecret, anonKey: await sign('anon'), serviceKey: await sign('service_role') };
}

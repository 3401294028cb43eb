import type { SupabaseClient } from '@supabase/supabase-js';
import type { LeaderboardEntry } from '../../leaderboard.ts';

// What a generated `Database` type says of names and values. Of a client without one nothing is known: any name is
// right there, and values are `any`, as supabase-js itself has it.

/** The name of a table or view that the client reads. */
export type RelationName<Client> =
  SchemaOf<Client> extends infer Schema extends Generated
    ? string & (NameIn<Schema['Tables']> | NameIn<Schema['Views']>)
    : never;

/** A row of a table or view, as it is generated. */
export type RelationRow<Client, Relation> =
  SchemaOf<Client> extends infer Schema extends Generated
    ? RowOf<Schema['Tables'], Relation> | RowOf<Schema['Views'], Relation>
    : never;

/**
 * What a column's values may be besides what they must be: all columns of a view are generated as nullable, since
 * PostgreSQL doesn't know which of them are.
 */
export type RelationNull<Client, Relation> =
  Relation extends NameIn<SchemaOf<Client>['Views']> ? null : never;

/** The name of a function that needs no arguments, and answers a list that can be a leaderboard. */
export type FunctionName<Client> =
  SchemaOf<Client> extends infer Schema extends Generated
    ? string & BoardName<Schema['Functions']>
    : never;

/** A row of what such a function answers; `any` where that is JSON. */
export type FunctionRow<Client, Name> = BoardRow<SchemaOf<Client>['Functions'], Name>;

/** The name of a column with values of a type. */
export type ColumnName<Row, Type = unknown> = Row extends unknown
  ? string extends keyof Row
    ? string
    : string & { [Name in keyof Row]: IsOf<Row[Name], Type> extends true ? Name : never }[keyof Row]
  : never;

/** The name of a column that can be a detail: a field that every row has must keep its own meaning. */
export type DetailName<Row> =
  ColumnName<Row> extends infer Name extends string
    ? Exclude<Name, keyof LeaderboardEntry | 'rank'>
    : never;

/** The details of a row: as the columns are generated, or as a Standard Schema makes them. */
export type DetailsOf<Row, Detail extends string, Schema = undefined> = {
  [Name in Detail]: Schema extends StandardOutput<infer Output>
    ? ValueOf<Output, Name>
    : ValueOf<Row, Name>;
};

/** What is read of a Standard Schema's type. */
interface StandardOutput<Output> {
  readonly '~standard': { readonly types?: { readonly output: Output } | undefined };
}

// biome-ignore lint/suspicious/noExplicitAny: what supabase-js says of what it doesn't know
type Unknown = any;

/** What is read of a generated schema. */
interface Generated {
  readonly Tables: object;
  readonly Views: object;
  readonly Functions: object;
}

/** The schema that a client reads, of its generated `Database` type. */
type SchemaOf<Client> =
  // supabase-js gave it more parameters by and by: the second is the schema's name, or an object of options; the third
  // is the schema itself, or its name.
  Client extends SupabaseClient<infer Database, infer Second, infer Third>
    ? SchemaNamed<Database, Third extends string ? Third : Second>
    : // What `client.schema()` returns has a type that supabase-js doesn't export.
      Client extends { readonly schemaName?: infer Name; readonly schema: infer Method }
      ? Method extends SupabaseClient<infer Database, infer _Second, infer _Third>['schema']
        ? SchemaNamed<Database, NonNullable<Name>>
        : Unknown
      : Unknown;

type SchemaNamed<Database, Name> = Name extends keyof Database
  ? Database[Name] extends Generated
    ? Database[Name]
    : Unknown
  : Unknown;

/** The names of what there is of a kind. Where there is nothing, older generators say `Record<string, never>`. */
type NameIn<Kind> = string extends keyof Kind
  ? [Kind[keyof Kind]] extends [never]
    ? never
    : string
  : keyof Kind;

type RowOf<Relations, Name> =
  Name extends NameIn<Relations>
    ? Relations[Name & keyof Relations] extends { readonly Row: infer Row }
      ? Row
      : Unknown
    : never;

type BoardName<Functions> = {
  [Name in NameIn<Functions>]: [BoardRow<Functions, Name>] extends [never] ? never : Name;
}[NameIn<Functions>];

type BoardRow<Functions, Name> =
  Name extends NameIn<Functions> ? RowOfCall<Functions[Name & keyof Functions]> : never;

/** Distributes over the definitions of an overloaded function. */
type RowOfCall<Definition> = Definition extends {
  readonly Args: infer Args;
  readonly Returns: infer List;
}
  ? [Args] extends [never]
    ? RowOfList<List>
    : Record<never, never> extends Args
      ? RowOfList<List>
      : never
  : never;

type RowOfList<List> = [List] extends [readonly (infer Row extends LeaderboardEntry)[]]
  ? Row
  : [List] extends [readonly (infer Item)[]]
    ? JsonThatMayBe<Item>
    : JsonThatMayBe<List>;

/** Any JSON may be a list, and a list of lists too; a number or an object of known fields is none. */
type JsonThatMayBe<Value> = [] extends Value ? Unknown : never;

/** A type that the generator doesn't know is `unknown`, and taken at its word. */
type IsOf<Value, Type> = unknown extends Value ? true : [Value] extends [Type] ? true : false;

type ValueOf<Row, Name> = Row extends unknown
  ? Name extends keyof Row
    ? Row[Name]
    : never
  : never;

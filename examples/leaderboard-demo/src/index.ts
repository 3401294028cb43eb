export { clientOf, type LaneOptions, LazyLane, type Load, WarmLane } from './lanes.ts';
export { Matches, report } from './matches.ts';
export { measured } from './measured.ts';
export { count, ms, quantilesOf, table } from './report.ts';
export { queryOf } from './traffic.ts';

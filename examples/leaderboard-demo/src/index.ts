export { clientOf, type LaneOptions, LazyLane, type Load, WarmLane } from './lanes.ts';
export { Matches, report } from './matches.ts';
export { queryOf } from './traffic.ts';

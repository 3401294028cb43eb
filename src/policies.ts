/**
 * Ready-made refresh rates, for the option `refreshInterval`.
 *
 * @module warm-cache/policies
 * @category API
 */
export { type BudgetOptions, budget } from './policies/budget.ts';
export { type ChangeRateOptions, changeRate } from './policies/change-rate.ts';
export { fastestOf, slowestOf } from './policies/combined.ts';
export { type DemandOptions, demand } from './policies/demand.ts';
export { type PeakHoursOptions, peakHours } from './policies/peak-hours.ts';
export type { PeakWindow, Weekday } from './policies/window.ts';

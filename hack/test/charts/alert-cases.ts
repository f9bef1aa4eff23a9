/** For each alert: series on which it has to fire, and series on which it must not. In promtool's notation: start, step, times. */

export interface AlertCase {
  readonly alert: string;
  readonly fires: Readonly<Record<string, string>>;
  readonly quiet: Readonly<Record<string, string>>;
  /** Of the series and of the evaluation; a minute unless given. */
  readonly interval?: string;
  /** When it is looked at; twenty minutes unless given. */
  readonly after?: string;
}

const closed = (reason: string): string => `sluice_connections_closed_total{namespace="a",reason="${reason}"}`;
const connect = 'sluice_connection_phase_seconds';
const queue = '{namespace="a",name="routes"}';

/** Failures among all that end, in each step, for so many steps. */
const failing = (failed: number, all: number, times: number): Readonly<Record<string, string>> => ({
  [closed('ConnectRefused')]: `0+${failed}x${times}`,
  [closed('Finished')]: `0+${all - failed}x${times}`,
});
const slow = (within: number, all: number, times: number): Readonly<Record<string, string>> => ({
  [`${connect}_bucket{namespace="a",phase="connect",le="0.25"}`]: `0+${within}x${times}`,
  [`${connect}_count{namespace="a",phase="connect"}`]: `0+${all}x${times}`,
});

const objectives: readonly AlertCase[] = [
  {
    alert: 'SluiceAvailabilityBudgetBurnsFast',
    fires: failing(20, 1000, 90),
    quiet: failing(10, 1000, 90),
    after: '80m',
  },
  {
    alert: 'SluiceAvailabilityBudgetBurnsSteadily',
    fires: failing(8, 1000, 84),
    quiet: failing(4, 1000, 84),
    interval: '5m',
    after: '410m',
  },
  {
    alert: 'SluiceAvailabilityBudgetBurnsSlowly',
    fires: failing(2, 1000, 450),
    quiet: failing(0, 1000, 450),
    interval: '10m',
    after: '4450m',
  },
  { alert: 'SluiceLatencyBudgetBurnsFast', fires: slow(800, 1000, 90), quiet: slow(900, 1000, 90), after: '80m' },
  {
    alert: 'SluiceLatencyBudgetBurnsSteadily',
    fires: slow(900, 1000, 84),
    quiet: slow(960, 1000, 84),
    interval: '5m',
    after: '410m',
  },
  {
    alert: 'SluiceLatencyBudgetBurnsSlowly',
    fires: slow(980, 1000, 450),
    quiet: slow(995, 1000, 450),
    interval: '10m',
    after: '4450m',
  },
];

const proxy: readonly AlertCase[] = [
  { alert: 'SluiceNoProxy', fires: { 'up{job="other"}': '1+0x30' }, quiet: { sluice_build_info: '1+0x30' } },
  {
    alert: 'SluiceReloadRejected',
    fires: { 'sluice_config_reloads_total{result="rejected"}': '0+0x14 1+0x20' },
    quiet: { 'sluice_config_reloads_total{result="success"}': '0+1x40' },
  },
  {
    alert: 'SluiceConfigurationStale',
    fires: { 'sluice_config_age_seconds{range="users"}': '0+60x30' },
    quiet: { 'sluice_config_age_seconds{range="users"}': '2+0x30' },
  },
  {
    alert: 'SluiceResourceRejected',
    fires: { 'sluice_config_rejected{range="routing"}': '1+0x30' },
    quiet: { 'sluice_config_rejected{range="routing"}': '0+0x30' },
  },
  {
    alert: 'SluiceProxiesDiverge',
    fires: {
      'sluice_config_revision{range="users",instance="1"}': '10+0x30',
      'sluice_config_revision{range="users",instance="2"}': '9+0x30',
    },
    // Behind for a moment, as after each change.
    quiet: {
      'sluice_config_revision{range="users",instance="1"}': '10+1x30',
      'sluice_config_revision{range="users",instance="2"}': '10+1x15 25+0x1 27+1x13',
    },
  },
  {
    alert: 'SluiceNatsDisconnected',
    fires: { sluice_control_connected: '0+0x30' },
    quiet: { sluice_control_connected: '1+0x18 0+0x2' },
  },
  {
    alert: 'SluiceLimitReached',
    fires: { 'sluice_limit_reached_total{limit="slots"}': '0+1x30' },
    quiet: { 'sluice_limit_reached_total{limit="pipes"}': '0+9x30' },
  },
  {
    alert: 'SluiceDescriptorsNearlyUsed',
    fires: { sluice_engine_fds_in_use: '90+0x30', sluice_engine_fds_max: '100+0x30' },
    quiet: { sluice_engine_fds_in_use: '70+0x30', sluice_engine_fds_max: '100+0x30' },
  },
  { alert: 'SluiceUpstreamsFail', fires: failing(10, 100, 30), quiet: failing(4, 100, 30) },
  {
    alert: 'SluiceInternalError',
    fires: { [closed('Internal')]: '0+0x10 1+0x20' },
    quiet: { [closed('Internal')]: '1+0x30', [closed('Banned')]: '0+5x30' },
  },
  {
    alert: 'SluiceDecisionsPause',
    fires: { 'sluice_decision_pauses_total{at_least="0.05"}': '0+12x30' },
    quiet: {
      'sluice_decision_pauses_total{at_least="0.05"}': '0+1x30',
      'sluice_decision_pauses_total{at_least="0.005"}': '0+99x30',
    },
  },
  {
    alert: 'SluiceLogLinesDropped',
    fires: { sluice_log_lines_dropped_total: '0+1x30' },
    quiet: { sluice_log_lines_dropped_total: '7+0x30' },
  },
];

const stateService: readonly AlertCase[] = [
  {
    alert: 'SluiceStateDatabaseUnavailable',
    fires: { 'sluice_state_database_unavailable_total{reason="Timeout"}': '0+1x30' },
    quiet: { 'sluice_state_database_unavailable_total{reason="Timeout"}': '3+0x30' },
  },
  {
    alert: 'SluiceStateServerErrors',
    fires: {
      'sluice_state_requests_total{status="503"}': '0+5x30',
      'sluice_state_requests_total{status="200"}': '0+95x30',
    },
    quiet: {
      'sluice_state_requests_total{status="503"}': '0+1x30',
      'sluice_state_requests_total{status="404"}': '0+99x30',
    },
  },
  {
    alert: 'SluiceStateOutboxLags',
    fires: { sluice_state_outbox_lag_seconds: '0+60x30' },
    quiet: { sluice_state_outbox_lag_seconds: '1+0x30' },
  },
  {
    alert: 'SluiceStateNobodyPublishes',
    fires: {
      'sluice_state_publisher_leader{instance="1"}': '0+0x30',
      'sluice_state_publisher_leader{instance="2"}': '0+0x30',
    },
    quiet: {
      'sluice_state_publisher_leader{instance="1"}': '0+0x30',
      'sluice_state_publisher_leader{instance="2"}': '1+0x30',
    },
  },
  {
    alert: 'SluiceStateDatabasePoolExhausted',
    fires: { sluice_state_database_waiting: '3+0x30' },
    quiet: { sluice_state_database_waiting: '0+0x30' },
  },
];

const operator: readonly AlertCase[] = [
  {
    alert: 'SluiceOperatorWithoutLeader',
    fires: { 'leader_election_master_status{name="sluice-operator",instance="1"}': '0+0x30' },
    quiet: {
      'leader_election_master_status{name="sluice-operator",instance="1"}': '0+0x30',
      'leader_election_master_status{name="sluice-operator",instance="2"}': '1+0x30',
    },
  },
  {
    alert: 'SluiceOperatorReconcileErrors',
    fires: { 'controller_runtime_reconcile_total{controller="routes",result="error"}': '0+1x40' },
    quiet: { 'controller_runtime_reconcile_total{controller="routes",result="success"}': '0+1x40' },
    after: '30m',
  },
  {
    alert: 'SluiceOperatorWorkStuck',
    fires: { [`workqueue_longest_running_processor_seconds${queue}`]: '0+60x30' },
    quiet: { [`workqueue_longest_running_processor_seconds${queue}`]: '5+0x30' },
  },
  {
    alert: 'SluiceOperatorQueueGrows',
    fires: { [`workqueue_depth${queue}`]: '500+0x30' },
    quiet: { [`workqueue_depth${queue}`]: '500+0x12 3+0x18' },
  },
  {
    alert: 'SluiceOperatorWatchSilent',
    fires: { 'reflector_last_contact_timestamp_seconds{resource="services"}': '0+0x30' },
    quiet: { 'reflector_last_contact_timestamp_seconds{resource="services"}': '0+60x30' },
  },
  {
    alert: 'SluiceOperatorRequestsFail',
    fires: {
      'rest_client_requests_total{code="<error>"}': '0+50x30',
      'rest_client_requests_total{code="200"}': '0+50x30',
    },
    quiet: { 'rest_client_requests_total{code="409"}': '0+50x30', 'rest_client_requests_total{code="200"}': '0+50x30' },
  },
  {
    alert: 'SluiceOperatorStateServiceDown',
    fires: { 'sluice_operator_state_service_available{instance="1"}': '1+0x5 0+0x30' },
    // Gone for less than its patience; and another installation's answers.
    quiet: {
      'sluice_operator_state_service_available{instance="1"}': '1+0x5 0+0x3 1+0x30',
      'sluice_operator_state_service_available{instance="2"}': '_x6 1+0x30',
    },
  },
];

export const alertCases: readonly AlertCase[] = [...objectives, ...proxy, ...stateService, ...operator];

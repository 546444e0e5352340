//! The rules for Prometheus and the dashboard for Grafana: promtool takes them, every alert is tested both ways, and
//! every metric and label that they name is documented. That the agent has what is documented is shown live.

mod dashboard;
mod rules;

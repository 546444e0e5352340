//! How a collector writes its families: name, help and kind once, then each series with its labels and value.

use std::fmt;

use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

/// Name and help of a family.
pub(super) type Family = (&'static str, &'static str);

/// The series of one family: label values in the order of the names, and the value.
pub(super) type Series<const N: usize, V = u64> = Vec<([String; N], V)>;

/// Label values.
pub(super) fn labels<const N: usize>(values: [&str; N]) -> [String; N] {
    values.map(str::to_owned)
}

/// A counter.
pub(super) fn counter<const N: usize, V: EncodeCounterValue>(
    encoder: &mut DescriptorEncoder,
    family: Family,
    names: [&str; N],
    series: Series<N, V>,
) -> fmt::Result {
    write(encoder, family, MetricType::Counter, names, series, ConstCounter::new)
}

/// A gauge.
pub(super) fn gauge<const N: usize, V: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder,
    family: Family,
    names: [&str; N],
    series: Series<N, V>,
) -> fmt::Result {
    write(encoder, family, MetricType::Gauge, names, series, ConstGauge::new)
}

fn write<const N: usize, V, M: EncodeMetric>(
    encoder: &mut DescriptorEncoder,
    (name, help): Family,
    kind: MetricType,
    names: [&str; N],
    series: Series<N, V>,
    metric: impl Fn(V) -> M,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, &format!("{help}."), None, kind)?;
    for (values, value) in series {
        if N == 0 {
            metric(value).encode(family)?;
            return Ok(());
        }
        let mut values = values.into_iter();
        let pairs = names.map(|name| (name, values.next().unwrap_or_default()));
        metric(value).encode(family.encode_family(&pairs)?)?;
    }
    Ok(())
}

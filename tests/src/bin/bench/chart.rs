//! The chart: what each packet costs over an empty program, on a logarithmic scale, with the range of the rounds. An SVG
//! of a few shapes in colours that can be read on white and on black; a library that draws charts would bring more code
//! than there is here.

use std::fmt::Write as _;

use crate::figures::{Figures, Packet, Spread};

/// The chart of a run.
pub fn draw(figures: &Figures) -> String {
    let packets = &figures.packets;
    let height = TOP + ROW * packets.len() as f64 + BOTTOM;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"{TITLE}\">\n\
         <title>{TITLE}</title>\n<text x=\"{LEFT}\" y=\"18\" fill=\"{INK}\" font-weight=\"bold\">{TITLE}</text>\n"
    );
    let bottom = height - BOTTOM;
    for tick in ticks() {
        let x = place(tick);
        // Writing to a string cannot fail.
        _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"{INK}\" stroke-opacity=\"0.3\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{INK}\" text-anchor=\"middle\">{tick:.0} ns</text>",
            bottom + 16.0
        );
    }
    for (index, packet) in packets.iter().enumerate() {
        row(&mut svg, packet, TOP + ROW * (index as f64 + 0.5));
    }
    svg + "</svg>\n"
}

fn row(svg: &mut String, packet: &Packet, y: f64) {
    let Packet { over_empty_ns: Spread { median, min, max }, hook, .. } = packet;
    let colour = if hook == "tc" { TC } else { XDP };
    let name = escaped(&format!("{hook}: {}, {}", packet.packet, packet.policy));
    let [from, at, to] = [*min, *median, *max].map(place);
    _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{INK}\" text-anchor=\"end\">{name}</text>\
         <line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\" stroke-width=\"3\" \
         stroke-opacity=\"0.5\"/><circle cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{INK}\">{median:.0}</text>",
        LEFT - 10.0,
        y + 4.0,
        to.max(at) + 10.0,
        y + 4.0
    );
}

/// Where so many nanoseconds lie; what is less than one lies at one.
fn place(nanoseconds: f64) -> f64 {
    LEFT + nanoseconds.clamp(1.0, MOST).log10() / MOST.log10() * (WIDTH - LEFT - RIGHT)
}

fn ticks() -> impl Iterator<Item = f64> {
    (0..=4).map(|power| 10_f64.powi(power))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const TITLE: &str = "CPU time of one packet over an empty program: median and range of the rounds";
const WIDTH: f64 = 1000.0;
const LEFT: f64 = 430.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 30.0;
const ROW: f64 = 22.0;
/// The end of the scale, ns.
const MOST: f64 = 10_000.0;
const INK: &str = "#768390";
const XDP: &str = "#2f81f7";
const TC: &str = "#c27ba0";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::figures;

    #[test]
    fn every_packet_has_a_dot_and_every_element_an_end() {
        let svg = draw(&figures());
        assert_eq!(svg.matches("<circle ").count(), figures().packets.len());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        let opened = svg.matches('<').count() - 2 * svg.matches("</").count() - svg.matches("/>").count();
        assert_eq!(opened, 0, "{svg}");
    }

    #[test]
    fn the_scale_is_logarithmic_and_ends() {
        let step = place(10.0) - place(1.0);
        assert!((place(1000.0) - place(100.0) - step).abs() < 1e-9);
        assert_eq!(place(-3.0), place(1.0));
        assert_eq!(place(1e9), WIDTH - RIGHT);
    }
}

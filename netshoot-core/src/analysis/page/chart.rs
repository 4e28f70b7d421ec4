//! Axes, lines and points as SVG.

use std::fmt::Write;

/// A drawing of points in two dimensions.
pub(super) struct Chart {
    out: String,
    x: Axis,
    y: Axis,
    height: f64,
}

/// What an axis reaches over.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    from: f64,
    to: f64,
    /// Only whole numbers are marked.
    is_whole: bool,
}

impl Axis {
    /// From `from` to at least `to`.
    pub(super) fn new(from: f64, to: f64) -> Self {
        let is_sound = from.is_finite() && to.is_finite() && to > from;
        Self { from, to: if is_sound { to } else { from + 1.0 }, is_whole: false }
    }

    /// Of numbers of things.
    pub(super) fn of_numbers(most: u64) -> Self {
        Self { is_whole: true, ..Self::new(0.0, most as f64 * 1.1) }
    }

    /// At most some `most` round numbers, and the digits behind the point that they need.
    fn ticks(self, most: f64) -> (Vec<f64>, usize) {
        let rough = (self.to - self.from) / most;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power).max(if self.is_whole { 1.0 } else { 0.0 });
        let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let first = (self.from / step).ceil();
        let all = (0..40).map(|n| (first + f64::from(n)) * step).take_while(|tick| *tick <= self.to + step * 1e-6);
        (all.collect(), digits)
    }

    fn share(self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(-0.05, 1.05)
    }
}

impl Chart {
    /// A chart with axes that say what they are of.
    pub(super) fn new(title: &str, x: Axis, y: Axis, height: f64, unit: &str) -> Self {
        let mut chart = Self { out: String::new(), x, y, height };
        let total = height + TOP + BOTTOM;
        let _ = write!(
            chart.out,
            "<svg viewBox=\"0 0 {WIDTH} {total}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>"
        );
        chart.axes(unit);
        chart
    }

    fn axes(&mut self, unit: &str) {
        let (ticks, digits) = self.y.ticks(5.0);
        for tick in ticks {
            let y = self.y(tick);
            let _ = write!(self.out, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
            let (x, y) = (LEFT - 6.0, y + 4.0);
            let _ = write!(self.out, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{tick:.digits$}</text>");
        }
        let bottom = TOP + self.height;
        let (ticks, digits) = self.x.ticks(10.0);
        for tick in ticks {
            let (x, below) = (self.x(tick), bottom + 5.0);
            let _ = write!(self.out, "<path class=\"axis\" d=\"M{x:.1} {bottom}V{below}\"/>");
            let y = bottom + 18.0;
            let _ = write!(self.out, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{tick:.digits$}</text>");
        }
        let _ = write!(self.out, "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{RIGHT}\"/>");
        let _ = write!(self.out, "<text x=\"{LEFT}\" y=\"{}\">{unit}</text>", TOP - 8.0);
        let y = bottom + 32.0;
        let _ = write!(self.out, "<text x=\"{RIGHT}\" y=\"{y}\" text-anchor=\"end\">seconds</text>");
        // What is within has bounds of its own, at which it is cut.
        let (width, height) = (RIGHT - LEFT, self.height);
        let place = format!("x=\"{LEFT}\" y=\"{TOP}\" width=\"{width}\" height=\"{height}\"");
        let _ = write!(self.out, "<svg {place} viewBox=\"{LEFT} {TOP} {width} {height}\">");
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.share(value) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.share(value)) * self.height
    }

    /// A line that goes on at a level until the next point.
    pub(super) fn steps(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (x, y) in points {
            let (x, y) = (self.x(x), self.y(y));
            let _ = match path.is_empty() {
                true => write!(path, "M{x:.1} {y:.1}"),
                false => write!(path, "H{x:.1}V{y:.1}"),
            };
        }
        if !path.is_empty() {
            let _ = write!(self.out, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    /// Bars from the bottom, as wide as `width`.
    pub(super) fn bars(&mut self, class: &str, width: f64, points: impl Iterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (x, y) in points.filter(|(_, y)| *y > 0.0) {
            let (left, right, top) = (self.x(x), self.x(x + width), self.y(y));
            let right = right.max(left + 1.5);
            let bottom = TOP + self.height;
            let _ = write!(path, "M{left:.1} {bottom:.1}V{top:.1}H{right:.1}V{bottom:.1}Z");
        }
        if !path.is_empty() {
            let _ = write!(self.out, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    /// Upright lines from the lower to the upper value.
    pub(super) fn spans(&mut self, class: &str, spans: impl Iterator<Item = (f64, f64, f64)>) {
        let mut path = String::new();
        for (x, low, high) in spans {
            let (x, low, high) = (self.x(x), self.y(low), self.y(high));
            // So that what is short can be seen.
            let low = low.max(high + 2.0);
            let _ = write!(path, "M{x:.1} {low:.1}V{high:.1}");
        }
        if !path.is_empty() {
            let _ = write!(self.out, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    pub(super) fn dots(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        for (x, y) in points {
            let _ = write!(
                self.out,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.2\"/>",
                self.x(x),
                self.y(y)
            );
        }
    }

    /// The chart in a figure, under which `keys` tell what the classes mean.
    pub(super) fn finish(self, out: &mut String, keys: &[(&str, &str)]) {
        let _ = write!(out, "<figure>{}</svg></svg><figcaption>", self.out);
        for (class, what) in keys {
            let _ = write!(out, "<span class=\"key-{class}\">&#9632;</span> {what} &#160; ");
        }
        out.push_str("</figcaption></figure>\n");
    }
}

const WIDTH: f64 = 1100.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 1090.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 38.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(Axis::new(0.0, 14.6).ticks(10.0), (vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0], 0));
        let (ticks, digits) = Axis::new(0.013, 0.09).ticks(5.0);
        assert_eq!((ticks.len(), digits), (4, 2));
        assert!(Axis::new(0.0, f64::INFINITY).ticks(5.0).0.len() < 40);
        assert!(Axis::new(5.0, 5.0).ticks(5.0).0.len() < 40);
    }
}

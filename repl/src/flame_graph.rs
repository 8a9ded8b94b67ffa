//! Flame graphs: stacks drawn as boxes, callees on top of callers, as wide as they were frequent.
//!
//! The drawing is one SVG file that needs nothing else; a click on a box makes it as wide as the
//! whole, a click on the lowest box shows everything again.

use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 10.0;
const ROW: f64 = 17.0;
const HEAD: f64 = 34.0;
const FONT: f64 = 12.0;
/// Boxes narrower than this are left out.
const NARROWEST: f64 = 0.3;

/// Stacks counted.
#[derive(Debug, Default)]
pub(crate) struct FlameGraph {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    count: u64,
    callees: BTreeMap<String, Node>,
}

/// A box of the drawing.
struct Frame<'a> {
    name: &'a str,
    count: u64,
    /// Samples left of it.
    before: u64,
    depth: usize,
}

impl FlameGraph {
    /// A stack, outermost function first, that was met so many times.
    pub(crate) fn add(&mut self, names: &[String], count: u64) {
        let mut node = &mut self.root;
        node.count += count;
        for name in names {
            node = node.callees.entry(name.clone()).or_default();
            node.count += count;
        }
    }

    /// All boxes that can be seen, each after its caller.
    fn frames(&self) -> Vec<Frame<'_>> {
        let mut frames = Vec::new();
        // Not recursive: a program's stacks may be deep.
        let mut open = vec![("all", &self.root, 0, 0)];
        while let Some((name, node, before, depth)) = open.pop() {
            frames.push(Frame {
                name,
                count: node.count,
                before,
                depth,
            });
            let mut at = before;
            for (name, callee) in &node.callees {
                if self.pixels(callee.count) >= NARROWEST {
                    open.push((name, callee, at, depth + 1));
                }
                at += callee.count;
            }
        }
        frames
    }

    fn pixels(&self, samples: u64) -> f64 {
        samples as f64 / self.root.count.max(1) as f64 * (WIDTH - 2.0 * MARGIN)
    }

    /// The drawing.
    pub(crate) fn svg(&self) -> String {
        let frames = self.frames();
        let rows = 1 + frames.iter().map(|frame| frame.depth).max().unwrap_or(0);
        let height = HEAD + rows as f64 * ROW + MARGIN;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" font-family=\"monospace\" \
             font-size=\"{FONT}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fffdf5\"/>\n\
             <text x=\"{MARGIN}\" y=\"20\">{} samples of CPU time; click to enlarge</text>\n",
            self.root.count
        );
        for frame in &frames {
            let y = height - MARGIN - (frame.depth + 1) as f64 * ROW;
            self.draw(&mut out, frame, y);
        }
        out.push_str(SCRIPT);
        out.push_str("</svg>\n");
        out
    }

    fn draw(&self, out: &mut String, frame: &Frame<'_>, y: f64) {
        let x = MARGIN + self.pixels(frame.before);
        let width = self.pixels(frame.count);
        let name = escaped(frame.name);
        let share = 100.0 * frame.count as f64 / self.root.count.max(1) as f64;
        let _ = writeln!(
            out,
            "<g class=\"f\"><title>{name}: {} samples, {share:.1} %</title>\
             <rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"{:.1}\" rx=\"2\" \
             fill=\"{}\"/><text x=\"{:.2}\" y=\"{:.1}\">{}</text></g>",
            frame.count,
            ROW - 1.0,
            colour(frame.name),
            x + 3.0,
            y + FONT,
            escaped(&fitting(frame.name, width)),
        );
    }
}

/// As much of a name as a box has room for.
fn fitting(name: &str, width: f64) -> String {
    let room = ((width - 6.0) / (FONT * 0.6)).max(0.0) as usize;
    match name.chars().count() {
        length if length <= room => name.to_owned(),
        _ if room < 3 => String::new(),
        _ => name.chars().take(room - 1).chain(['…']).collect(),
    }
}

/// A warm colour, the same for the same name; what is no function of the program is grey.
fn colour(name: &str) -> String {
    if name.starts_with('(') {
        return "#c9c9c9".to_owned();
    }
    let hash = name.bytes().fold(2_166_136_261_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    let (hue, light) = (15 + hash % 40, 60 + (hash >> 8) % 14);
    format!("hsl({hue},90%,{light}%)")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const SCRIPT: &str = r#"<script><![CDATA[
const boxes = [...document.querySelectorAll("g.f")].map(g => {
  const rect = g.querySelector("rect"), at = name => Number(rect.getAttribute(name));
  return { g, rect, text: g.querySelector("text"), x: at("x"), y: at("y"), w: at("width"),
           name: g.querySelector("title").textContent.replace(/: \d+ samples.*/, "") };
});
const all = boxes[0];
for (const chosen of boxes) chosen.g.addEventListener("click", () => {
  const scale = all.w / chosen.w;
  for (const b of boxes) {
    const below = b.y >= chosen.y && b.x <= chosen.x && b.x + b.w >= chosen.x + chosen.w - 0.01;
    const x = below ? all.x : all.x + (b.x - chosen.x) * scale;
    const w = below ? all.w : b.w * scale;
    b.g.style.display = x < all.x - 0.01 || x + w > all.x + all.w + 0.5 ? "none" : "";
    b.rect.setAttribute("x", x);
    b.rect.setAttribute("width", w);
    b.text.setAttribute("x", x + 3);
    const room = Math.floor((w - 6) / 7.2);
    b.text.textContent = b.name.length <= room ? b.name
      : room < 3 ? "" : b.name.slice(0, room - 1) + "…";
  }
});
]]></script>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn boxes_stand_on_their_callers_and_are_as_wide_as_they_were_frequent() {
        let mut graph = FlameGraph::default();
        graph.add(&names("main a<b"), 3);
        graph.add(&names("main"), 1);
        let frames = graph.frames();
        let seen = frames.iter().map(|f| (f.name, f.count, f.depth));
        assert_eq!(
            seen.collect::<Vec<_>>(),
            [("all", 4, 0), ("main", 4, 1), ("a<b", 3, 2)]
        );
        let svg = graph.svg();
        assert!(
            svg.contains("<title>a&lt;b: 3 samples, 75.0 %</title>"),
            "{svg}"
        );
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert!(FlameGraph::default().svg().contains("0 samples"));
    }

    #[test]
    fn names_are_cut_to_the_room_there_is() {
        assert_eq!(fitting("user/fib", 100.0), "user/fib");
        assert_eq!(fitting("user/fib", 45.0), "user…");
        assert_eq!(fitting("user/fib", 10.0), "");
    }
}

//! The prefixes of a policy as the lines that the kernel reads; [`monitor_common::rules`] says how they lie.

use monitor_common::abi::Line;
use monitor_common::number::Digits;
use monitor_common::rules::{
    ENTRIES, Entry, HEAD, HERE, Leaf, MAX_LINES, ROOT_REFERENCES, Reference, Rule, Rules, root_index,
};
use thiserror::Error;

/// One generation of rules, ready to be written into the maps. The same prefixes give the same image,
/// whatever their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    lines: Vec<Line>,
}

impl Image {
    /// Lays out the prefixes, in any order.
    pub fn build(prefixes: &[(Digits, Rule)]) -> Result<Self, ImageError> {
        for &(prefix, _) in prefixes {
            check(prefix)?;
        }
        let mut root = short_heads(prefixes)?;
        let (mut entries, starts) = by_head(prefixes);
        let mut builder = Builder { lines: vec![Line::default(); ROOT_LINES], open: Default::default() };
        for head in 0..LONG_HEADS {
            let group = &mut entries[starts[head] as usize..starts[head + 1] as usize];
            if group.is_empty() {
                continue;
            }
            group.sort_unstable();
            if let Some(twins) = group.windows(2).find(|pair| pair[0].prefix() == pair[1].prefix()) {
                return Err(ImageError::Duplicate { prefix: whole(head, twins[0]) });
            }
            let reference = &mut root[LONG_HEADS_START + head];
            *reference = builder.place(group, HEAD, reference.leaf());
        }
        builder.finish(&root)
    }

    /// The lines, root first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Lines of 64 octets that this image takes in a rule map, per generation.
    #[must_use]
    pub fn lines_needed(&self) -> u32 {
        self.lines.len() as u32
    }

    /// Refuses an image that a generation of `capacity` lines cannot hold.
    pub fn check_fits(&self, capacity: u32) -> Result<(), ImageError> {
        let needed = self.lines_needed();
        if needed > capacity { Err(ImageError::DoesNotFit { needed, capacity }) } else { Ok(()) }
    }
}

impl Rules for Image {
    fn line(&self, index: u32) -> Option<&Line> {
        self.lines.get(index as usize)
    }
}

/// Why there is no image of some prefixes.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// A prefix of no digits.
    #[error("a prefix has no digits: for a rule that holds for every number, give the prefixes 1 to 9")]
    NoDigits,
    /// Packed digits that hold something else, or something past their count.
    #[error("{0:#018x} is no packed number: make prefixes with Digits::parse")]
    NotPacked(u64),
    /// One prefix, twice.
    #[error("the prefix +{prefix} is given twice: take one of the two out")]
    Duplicate {
        /// The prefix.
        prefix: Digits,
    },
    /// More lines than references can tell apart.
    #[error("the prefixes take {0} lines of 64 octets, and references reach {MAX_LINES}: use fewer prefixes")]
    TooManyLines(usize),
    /// More lines than the rule map was made for.
    #[error(
        "the policy takes {needed} lines of 64 octets, and the rule map holds {capacity}: \
         use fewer prefixes, or restart the agent so that it makes a larger map"
    )]
    DoesNotFit {
        /// Lines of the image.
        needed: u32,
        /// Lines of one generation in the map.
        capacity: u32,
    },
}

fn check(prefix: Digits) -> Result<(), ImageError> {
    if prefix.is_empty() {
        return Err(ImageError::NoDigits);
    }
    let digits = prefix.0 & !15;
    let above_nine = digits & (digits << 1 | digits << 2) & EIGHTS;
    let past_the_end = digits << (4 * prefix.len());
    if above_nine | past_the_end == 0 { Ok(()) } else { Err(ImageError::NotPacked(prefix.0)) }
}

/// The root as far as prefixes of fewer than six digits decide it: each head has the leaf of its longest.
fn short_heads(prefixes: &[(Digits, Rule)]) -> Result<Vec<Reference>, ImageError> {
    let mut root = vec![Reference::NONE; ROOT_REFERENCES];
    for &(prefix, rule) in prefixes.iter().filter(|(prefix, _)| prefix.len() < HEAD) {
        let head = &mut root[root_index(prefix, HEAD) as usize];
        if *head != Reference::NONE {
            return Err(ImageError::Duplicate { prefix });
        }
        *head = Reference::to_leaf(Leaf::new(prefix, rule));
    }
    // A section begins at ten times the start of the one before, plus 10: so head h has the parent h / 10 - 1.
    for head in 10..ROOT_REFERENCES {
        if root[head] == Reference::NONE {
            root[head] = root[head / 10 - 1];
        }
    }
    Ok(root)
}

/// The prefixes of six digits and more by their heads (a counting sort), and where each head's begin.
fn by_head(prefixes: &[(Digits, Rule)]) -> (Vec<Entry>, Vec<u32>) {
    let long = || prefixes.iter().filter(|(prefix, _)| prefix.len() >= HEAD);
    let head = |prefix| root_index(prefix, HEAD) as usize - LONG_HEADS_START;
    let mut ends = vec![0u32; LONG_HEADS + 1];
    for &(prefix, _) in long() {
        ends[head(prefix)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut entries = vec![Entry::default(); sum as usize];
    for &(prefix, rule) in long() {
        let end = &mut ends[head(prefix)];
        *end -= 1;
        entries[*end as usize] = Entry::new(prefix, rule);
    }
    (entries, ends)
}

/// The prefix of an entry under a head.
fn whole(head: usize, entry: Entry) -> Digits {
    let digits = (0..HEAD as u32).fold(0, |packed, place| {
        let digit = head as u64 / 10u64.pow(place) % 10;
        packed | digit << (40 + 4 * place)
    });
    Digits(digits | entry.prefix() >> 4 << 4 | entry.prefix_len() as u64)
}

/// Lines in the making. A run goes where it leaves the least room; new lines are appended.
struct Builder {
    lines: Vec<Line>,
    /// Lines of runs by the entries for which they still have room.
    open: [Vec<usize>; ENTRIES],
}

impl Builder {
    /// Places the sorted entries that share their first `depth` digits; `cover` holds where none of them does.
    fn place(&mut self, entries: &[Entry], depth: usize, cover: Leaf) -> Reference {
        match entries {
            [] => Reference::NONE,
            [only] if only.prefix_len() == depth => Reference::to_leaf(only.leaf()),
            _ if entries.len() <= ENTRIES => self.run(entries),
            [first, longer @ ..] if first.prefix_len() == depth => self.node(longer, depth, first.leaf()),
            _ => self.node(entries, depth, cover),
        }
    }

    fn run(&mut self, entries: &[Entry]) -> Reference {
        let tightest = (entries.len()..ENTRIES).find(|&room| !self.open[room].is_empty());
        let (line, room) = match tightest.and_then(|room| Some((self.open[room].pop()?, room))) {
            Some(found) => found,
            None => (self.append(Line::default()), ENTRIES),
        };
        let (first, left) = (ENTRIES - room, room - entries.len());
        if left > 0 {
            self.open[left].push(line);
        }
        let run = &mut self.lines[line].0[2 * first..2 * (first + entries.len())];
        let mut longest_first = [Entry::default(); ENTRIES];
        let longest_first = &mut longest_first[..entries.len()];
        longest_first.copy_from_slice(entries);
        longest_first.sort_by_key(|entry| std::cmp::Reverse(entry.prefix_len()));
        for (words, entry) in run.chunks_exact_mut(2).zip(longest_first) {
            words.copy_from_slice(&[entry.0 as u32, (entry.0 >> 32) as u32]);
        }
        Reference::to_run(line as u32, first, entries.len())
    }

    fn node(&mut self, entries: &[Entry], depth: usize, here: Leaf) -> Reference {
        let line = self.append(Line::default());
        let mut node = Line::default();
        node.0[HERE as usize] = Reference::to_leaf(here).0;
        for group in entries.chunk_by(|one, other| one.digit(depth) == other.digit(depth)) {
            let digit = usize::from(group[0].digit(depth));
            node.0[digit] = self.place(group, depth + 1, here).0;
        }
        self.lines[line] = node;
        Reference::to_node(line as u32)
    }

    fn append(&mut self, line: Line) -> usize {
        self.lines.push(line);
        self.lines.len() - 1
    }

    fn finish(mut self, root: &[Reference]) -> Result<Image, ImageError> {
        if self.lines.len() > MAX_LINES as usize {
            return Err(ImageError::TooManyLines(self.lines.len()));
        }
        for (line, references) in self.lines.iter_mut().zip(root.chunks(REFERENCES)) {
            for (word, reference) in line.0.iter_mut().zip(references) {
                *word = reference.0;
            }
        }
        Ok(Image { lines: self.lines })
    }
}

/// References of a line.
const REFERENCES: usize = 16;
/// Lines of the root.
const ROOT_LINES: usize = ROOT_REFERENCES.div_ceil(REFERENCES);
/// Heads of six digits.
const LONG_HEADS: usize = 1_000_000;
/// Where the heads of six digits begin in the root.
const LONG_HEADS_START: usize = ROOT_REFERENCES - LONG_HEADS;
/// The highest bit of each digit.
const EIGHTS: u64 = 0x8888_8888_8888_8880;

#[cfg(test)]
mod tests {
    use monitor_common::abi::Action;
    use monitor_common::rules::longest;
    use proptest::prelude::*;

    use super::*;

    fn digits(text: &str) -> Digits {
        Digits::parse(text).expect("the test gives digits")
    }

    fn rule(destination: usize) -> Rule {
        let action = [Action::Allow, Action::Watch, Action::Block][destination % 3];
        Rule::new(destination as u16 % Rule::DESTINATIONS, action, destination.is_multiple_of(2))
            .expect("in range")
    }

    fn numbered<T: AsRef<str>>(prefixes: &[T]) -> Vec<(Digits, Rule)> {
        prefixes.iter().enumerate().map(|(at, prefix)| (digits(prefix.as_ref()), rule(at))).collect()
    }

    /// The rule and the length of the longest prefix, by looking at each.
    fn oracle(prefixes: &[(Digits, Rule)], number: Digits) -> Option<(Rule, u8)> {
        let covering = prefixes.iter().filter(|(prefix, _)| prefix.is_prefix_of(number));
        covering.max_by_key(|(prefix, _)| prefix.len()).map(|&(prefix, rule)| (rule, prefix.len() as u8))
    }

    /// Asks image and oracle for each prefix, what lies around it, and `more`.
    fn agrees(prefixes: &[(Digits, Rule)], more: &[Digits]) {
        let image = Image::build(prefixes).expect("the prefixes are distinct");
        let around = prefixes.iter().flat_map(|&(prefix, _)| neighbours(prefix));
        for number in around.chain(more.iter().copied()) {
            let found = longest(&image, number).map(|found| (found.rule(), found.prefix_len()));
            assert_eq!(found, oracle(prefixes, number), "number {number}");
        }
    }

    /// The number itself, shorter, longer, and with its last digit changed.
    fn neighbours(number: Digits) -> Vec<Digits> {
        let text = number.to_string();
        let shorter = text[..text.len() - 1].to_owned();
        let texts = ["0", "9", "00", "1234567890"].map(|tail| text.clone() + tail);
        let changed = ["0", "5", "9"].map(|last| shorter.clone() + last);
        let all = texts.into_iter().chain(changed).chain([text, shorter]);
        all.map(|text| digits(&text[..text.len().min(Digits::MAX)])).collect()
    }

    /// Pseudo-random numbers (SplitMix64), the same in every run.
    fn random(seed: u64) -> impl Iterator<Item = u64> {
        (1u64..).map(move |step| {
            let x = (seed ^ step).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            x ^ x >> 31
        })
    }

    /// `count` distinct prefixes: `head` and then random digits up to a length between `shortest` and `longest`.
    fn cluster(heads: &[&str], shortest: usize, longest: usize, count: usize) -> Vec<(Digits, Rule)> {
        let mut random = random(7);
        let mut draw = move || random.next().expect("endless") as usize;
        let mut seen = std::collections::BTreeSet::new();
        while seen.len() < count {
            let mut text = heads[draw() % heads.len()].to_owned();
            let len = shortest + draw() % (longest - shortest + 1);
            while text.len() < len {
                text.push(char::from(b'0' + (draw() % 10) as u8));
            }
            seen.insert(digits(&text));
        }
        seen.into_iter().enumerate().map(|(at, prefix)| (prefix, rule(at))).collect()
    }

    #[test]
    fn no_prefixes_match_nothing() {
        agrees(&[], &[digits(""), digits("0"), digits("33142345678"), digits("999999999999999")]);
    }

    #[test]
    fn a_prefix_is_not_found_by_its_padding() {
        agrees(&numbered(&["8800"]), &[digits("88"), digits("880"), digits("8800"), digits("88000")]);
        agrees(&numbered(&["8800000"]), &[digits("88"), digits("880000"), digits("8800000")]);
        agrees(&numbered(&["880000000000000"]), &[digits("88"), digits("88000000000000")]);
    }

    #[test]
    fn the_empty_number_matches_nothing() {
        let image = Image::build(&numbered(&["0", "1", "000000", "0000000"])).expect("distinct");
        assert_eq!(longest(&image, digits("")), None);
    }

    #[test]
    fn a_chain_of_prefixes_of_every_length() {
        for whole in ["537830123456789", "000000000000000"] {
            let chain: Vec<_> = (1..=Digits::MAX).map(|len| &whole[..len]).collect();
            agrees(&numbered(&chain), &[]);
            for left_out in 0..Digits::MAX {
                let mut chain = chain.clone();
                chain.remove(left_out);
                agrees(&numbered(&chain), &[]);
            }
        }
    }

    #[test]
    fn every_prefix_over_a_small_alphabet() {
        let mut all = vec![String::new()];
        for len in 0..8 {
            let shorter: Vec<_> = all.iter().filter(|text| text.len() == len).cloned().collect();
            all.extend(shorter.iter().flat_map(|text| ["0", "9"].map(|digit| format!("{text}{digit}"))));
        }
        let all = &all[1..];
        let numbers: Vec<_> = all.iter().map(|text| digits(text)).collect();
        agrees(&numbered(all), &[]);
        for left in 0..4 {
            let some: Vec<_> =
                all.iter().enumerate().filter(|(at, _)| at % 5 != left).map(|(_, text)| text).collect();
            agrees(&numbered(&some), &numbers);
        }
        let long: Vec<_> = all.iter().map(|text| format!("2468013{text}")).collect();
        agrees(&numbered(&long), &numbers);
    }

    #[test]
    fn clusters_at_every_depth() {
        for depth in 0..=12 {
            let head = &"441234567890"[..depth];
            agrees(&cluster(&[head], depth + 1, Digits::MAX, 400), &[digits(head), digits("44")]);
        }
    }

    #[test]
    fn every_prefix_of_the_last_two_digits() {
        let head = "4412345678901";
        let tens = (0..10).map(|digit| format!("{head}{digit}"));
        let ones = (0..100).map(|number| format!("{head}{number:02}"));
        let all: Vec<_> = tens.chain(ones).collect();
        agrees(&numbered(&all), &[digits(head)]);
        agrees(&numbered(&all[10..]), &[digits(head)]);
        agrees(&numbered(&all[10..19]), &[digits(head)]);
    }

    #[test]
    fn a_run_is_full_at_eight_and_a_node_at_nine() {
        for count in 7..=11 {
            let prefixes: Vec<_> = (0..count).map(|at| format!("234560{:02}", at * 9)).collect();
            agrees(&numbered(&prefixes), &[digits("23456"), digits("234560")]);
            let lines = Image::build(&numbered(&prefixes)).expect("distinct").lines.len() - ROOT_LINES;
            assert_eq!(lines, if count <= ENTRIES { 1 } else { 3 }, "{count} prefixes");
            let with_covers = [vec!["2".to_owned(), "23456".into(), "234560".into()], prefixes].concat();
            agrees(&numbered(&with_covers), &[digits("23456"), digits("234569"), digits("23456099")]);
        }
    }

    #[test]
    fn the_order_of_the_prefixes_does_not_matter() {
        let mut prefixes = cluster(&["", "4412", "5378301"], 7, 15, 3_000);
        let image = Image::build(&prefixes);
        prefixes.reverse();
        assert_eq!(Image::build(&prefixes), image);
        prefixes.sort_by_key(|(prefix, _)| prefix.0.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        assert_eq!(Image::build(&prefixes), image);
    }

    #[test]
    fn what_is_no_set_of_prefixes_is_refused() {
        let build = |prefixes: &[Digits]| {
            let prefixes: Vec<_> = prefixes.iter().map(|&prefix| (prefix, rule(1))).collect();
            Image::build(&prefixes).expect_err("refused")
        };
        for twin in ["7", "53", "90909", "909099", "5378301234", "123456789012345"] {
            let prefix = digits(twin);
            assert_eq!(build(&[prefix, digits("44"), prefix]), ImageError::Duplicate { prefix });
        }
        assert_eq!(build(&[digits("53"), digits("")]), ImageError::NoDigits);
        for packed in [0xA000_0000_0000_0001, 0x1F00_0000_0000_0002, 0x1200_0000_0000_0001, 0x10] {
            let refused = build(&[Digits(packed)]);
            assert!(
                matches!(refused, ImageError::NotPacked(_) | ImageError::NoDigits),
                "{packed:#x}: {refused}"
            );
        }
    }

    #[test]
    fn an_image_that_does_not_fit_says_what_to_do() {
        let image = Image::build(&numbered(&["5378301"])).expect("distinct");
        assert_eq!(image.lines_needed() as usize, ROOT_LINES + 1);
        assert_eq!(image.check_fits(image.lines_needed()), Ok(()));
        let refused = image.check_fits(ROOT_LINES as u32).expect_err("one line short");
        assert!(refused.to_string().contains("use fewer prefixes"), "{refused}");
    }

    #[test]
    fn a_prefix_takes_sixteen_octets_at_most_in_a_large_policy() {
        let countries = numbered(&["1", "20", "33", "34", "44", "5", "6", "7", "8", "9"]);
        let prefixes = [countries, cluster(&[""], 7, 12, 100_000)].concat();
        let lines = Image::build(&prefixes).expect("distinct").lines.len() - ROOT_LINES;
        assert!(lines * 64 <= 10 * prefixes.len(), "{lines} lines beside the root");
    }

    fn text(
        digit: impl Strategy<Value = u8>,
        lengths: std::ops::RangeInclusive<usize>,
    ) -> impl Strategy<Value = String> {
        proptest::collection::vec(digit, lengths)
            .prop_map(|digits| digits.into_iter().map(|digit| char::from(b'0' + digit)).collect())
    }

    /// Sparse prefixes, and dense ones under one head.
    fn prefixes() -> impl Strategy<Value = Vec<(Digits, Rule)>> {
        let sparse = proptest::collection::btree_set(text(0..10u8, 1..=15), 0..200);
        let dense = proptest::collection::btree_set(text(0..3u8, 1..=9), 0..300);
        (sparse, dense, text(0..10u8, 0..=6)).prop_map(|(sparse, dense, head)| {
            let dense = dense.into_iter().map(|text| head.clone() + &text);
            let all: std::collections::BTreeSet<_> = sparse.into_iter().chain(dense).collect();
            numbered(&all.into_iter().collect::<Vec<_>>())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn image_and_linear_search_agree(
            prefixes in prefixes(),
            numbers in proptest::collection::vec(text(0..10u8, 0..=15), 50),
            dense in proptest::collection::vec(text(0..3u8, 0..=15), 50),
        ) {
            let numbers: Vec<_> = numbers.iter().chain(&dense).map(|text| digits(text)).collect();
            agrees(&prefixes, &numbers);
        }
    }
}

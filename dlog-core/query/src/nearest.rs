//! Names close to a name that is not there, for "did you mean".
//!
//! Distance counts single-character edits with transpositions; candidates further away than a third
//! of the longer name are not offered.

/// How many names a suggestion lists at most.
const SUGGESTIONS_MAX: usize = 3;

/// The candidates closest to `name`, best first, at most three.
pub fn find_nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = edit_distance(&wanted, &candidate.to_lowercase());
            let limit = wanted
                .chars()
                .count()
                .max(candidate.chars().count())
                .div_ceil(3);
            (distance <= limit).then_some((distance, candidate))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored
        .into_iter()
        .take(SUGGESTIONS_MAX)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// Optimal string alignment distance.
fn edit_distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let width = right.len() + 1;
    let mut before_previous = vec![0; width];
    let mut previous: Vec<usize> = (0..width).collect();
    let mut current = vec![0; width];
    for (row, &left_char) in left.iter().enumerate() {
        current[0] = row + 1;
        for (column, &right_char) in right.iter().enumerate() {
            let substitution = previous[column] + usize::from(left_char != right_char);
            let mut best = substitution
                .min(previous[column + 1] + 1)
                .min(current[column] + 1);
            let transposed = row > 0
                && column > 0
                && left[row - 1] == right_char
                && left_char == right[column - 1];
            if transposed {
                best = best.min(before_previous[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        std::mem::swap(&mut before_previous, &mut previous);
        std::mem::swap(&mut previous, &mut current);
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_close_names_best_first() {
        let names = ["flights", "airports", "flight", "weather"];
        assert_eq!(find_nearest("fligths", names), ["flights", "flight"]);
        assert!(find_nearest("zzz", names).is_empty());
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("ab", "ba"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}

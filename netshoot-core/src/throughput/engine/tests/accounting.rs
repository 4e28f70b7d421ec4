//! The judgement on datagrams beside one that remembers everything.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::throughput::engine::Totals;
use crate::throughput::engine::accounting::Accounting;

/// The slow, obvious twin.
fn twin(numbers: &[u64], transits: &[i64]) -> Totals {
    let mut totals = Totals::default();
    let mut seen = BTreeSet::new();
    let mut jitter = 0.0;
    for (index, &number) in numbers.iter().enumerate() {
        let highest = totals.packets;
        if number > highest {
            totals.lost += number - 1 - highest;
            totals.packets = number;
            seen.insert(number);
        } else {
            totals.out_of_order += 1;
            totals.lost = totals.lost.saturating_sub(1);
            if number == 0 || highest - number >= 4096 {
                totals.late += 1;
            } else if seen.insert(number) {
                totals.reordered += 1;
                totals.reorder_extent = totals.reorder_extent.max(highest - number);
            } else {
                totals.duplicates += 1;
            }
        }
        if index > 0 {
            let difference = transits[index].abs_diff(transits[index - 1]) as f64;
            jitter += (difference - jitter) / 16.0;
        }
    }
    totals.missing = totals.packets - seen.len() as u64;
    totals.jitter_ns = jitter as u64;
    totals
}

fn judged(accounting: &Accounting) -> Totals {
    let mut totals = Totals::default();
    accounting.write_to(&mut totals);
    totals
}

/// Numbers as a network might deliver them: lost, doubled, swapped, late, and some that jump.
fn arrivals() -> impl Strategy<Value = Vec<u64>> {
    let one = prop_oneof![
        20 => Just((0_u64, 1_usize)),
        2 => (0_u64..200, 1_usize..3),
        1 => (0_u64..6000, 0_usize..2),
        1 => (Just(0), 0_usize..1),
    ];
    (prop::collection::vec(one, 1..800), prop_oneof![9 => Just(1_u64), 1 => 1_u64..10_000]).prop_map(
        |(events, step)| {
            let mut keyed = Vec::new();
            let mut number = 0;
            for (delay, copies) in events {
                number += if number % 97 == 0 { step } else { 1 };
                keyed.extend((0..copies as u64).map(|copy| (number + delay * (copy + 1), number)));
            }
            keyed.sort_by_key(|(position, _)| *position);
            keyed.into_iter().map(|(_, number)| number).collect()
        },
    )
}

proptest! {
    #[test]
    fn agrees_with_the_twin(numbers in arrivals(), seed in any::<u64>()) {
        let mut accounting = Accounting::new();
        let transits: Vec<i64> =
            (0..numbers.len() as u64).map(|index| (index.wrapping_mul(seed) % 100_000_000) as i64 - 50_000_000).collect();
        for (number, transit) in numbers.iter().zip(&transits) {
            accounting.receive(*number, Some(*transit));
        }
        prop_assert_eq!(judged(&accounting), twin(&numbers, &transits));
    }

    #[test]
    fn any_order_agrees_with_the_twin(numbers in prop::collection::vec(0_u64..5_000, 0..400)) {
        let mut accounting = Accounting::new();
        numbers.iter().for_each(|number| accounting.receive(*number, Some(0)));
        prop_assert_eq!(judged(&accounting), twin(&numbers, &vec![0; numbers.len()]));
    }

    #[test]
    fn numbers_of_32_bits_go_on_after_the_last(numbers in arrivals()) {
        let start = (1_u64 << 32) - 300;
        let [mut wide, mut narrow] = [Accounting::new(), Accounting::new()];
        for accounting in [&mut wide, &mut narrow] {
            accounting.receive(start, Some(0));
        }
        for number in numbers {
            wide.receive(start + number, Some(0));
            narrow.receive(narrow.widen((start + number) as u32), Some(0));
        }
        prop_assert_eq!(judged(&wide), judged(&narrow));
    }

    #[test]
    fn garbage_is_survived(numbers in prop::collection::vec((any::<u64>(), any::<i64>()), 0..50)) {
        let mut accounting = Accounting::new();
        for (number, transit) in numbers {
            accounting.receive(number, Some(transit));
            accounting.receive(accounting.widen(transit as u32), None);
        }
        judged(&accounting);
    }
}

#[test]
fn a_duplicate_does_not_hide_a_loss() {
    let mut accounting = Accounting::new();
    [1, 2, 4, 4, 6, 5].iter().for_each(|number| accounting.receive(*number, None));
    let totals = judged(&accounting);
    // iperf3 sees no loss at all.
    assert_eq!((totals.packets, totals.lost, totals.out_of_order), (6, 0, 2));
    assert_eq!((totals.missing, totals.duplicates, totals.reordered, totals.reorder_extent), (1, 1, 1, 1));
}

#[test]
fn before_the_first_number_is_none() {
    let mut accounting = Accounting::new();
    assert_eq!(accounting.widen(u32::MAX), 0);
    accounting.receive(accounting.widen(u32::MAX), None);
    assert_eq!(judged(&accounting).late, 1);
    assert_eq!(accounting.widen(1), 1);
}

//! What a call may cost. A thread that works for a caller counts the bytes it holds, and may have a deadline; the
//! places that all work passes through ask [`tick`], which unwinds with a [`Stop`] once either is used up.
//!
//! The evaluator of queries asks a cancellation token of its own only where it takes triples out of the store. A
//! product of two tables of a query takes none, and an aggregate goes on after the token's error and answers with a
//! number that is too small. Whoever makes a solution must copy terms, so the copying of a term asks (see store.rs), and
//! unwinding leaves no half of an answer behind.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

/// Why a call stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Time,
    Memory,
    /// A text that a query computed, or was to work on, is longer than we let it be.
    Text,
}

/// The system's allocator, with a count for each thread of what it holds.
pub struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(isize::MAX) };
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    static UNTIL_CLOCK: Cell<u32> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let at = unsafe { System.alloc(layout) };
        count(at, layout.size() as isize);
        at
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let at = unsafe { System.alloc_zeroed(layout) };
        count(at, layout.size() as isize);
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(at, -(layout.size() as isize));
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let moved = unsafe { System.realloc(at, layout, size) };
        count(moved, size as isize - layout.size() as isize);
        moved
    }
}

fn count(at: *mut u8, bytes: isize) {
    if !at.is_null() {
        // A thread that is ending may have let go of its counters.
        let _ = HELD.try_with(|held| held.set(held.get().wrapping_add(bytes)));
    }
}

/// Sets this thread's budget, from what it holds now, until it is dropped.
pub struct Budget {
    most: isize,
    deadline: Option<Instant>,
}

impl Budget {
    pub fn new(memory: u64, time: Option<Duration>) -> Self {
        let room = isize::try_from(memory).unwrap_or(isize::MAX);
        let most = MOST.replace(HELD.get().saturating_add(room));
        UNTIL_CLOCK.set(0);
        let end = time.and_then(|time| Instant::now().checked_add(time));
        Self { most, deadline: DEADLINE.replace(end) }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        MOST.set(self.most);
        DEADLINE.set(self.deadline);
    }
}

/// What is used up, if anything.
pub fn spent() -> Option<Stop> {
    if HELD.get() > MOST.get() {
        return Some(Stop::Memory);
    }
    DEADLINE.get().is_some_and(|end| Instant::now() >= end).then_some(Stop::Time)
}

const STEPS_BETWEEN_CLOCKS: u32 = 512;

/// One small step of work.
#[inline]
pub fn tick() {
    let left = UNTIL_CLOCK.get();
    if left > 0 && HELD.get() <= MOST.get() {
        UNTIL_CLOCK.set(left - 1);
    } else {
        look();
    }
}

#[cold]
fn look() {
    UNTIL_CLOCK.set(STEPS_BETWEEN_CLOCKS);
    if let Some(stop) = spent() {
        // Whoever drops what it holds while it unwinds must not start to unwind again.
        if !std::thread::panicking() {
            resume_unwind(Box::new(stop));
        }
    }
}

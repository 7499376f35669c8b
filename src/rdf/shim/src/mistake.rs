//! What went wrong, for the user to read.

use crate::budget::Stop;

/// What kind of name [`Mistake::name`] is, so that the caller can look for the nearest right one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Named {
    Nothing = 0,
    Prefix = 1,
    Graph = 2,
}

pub struct Mistake {
    /// Bytes from the beginning of the text; none where it is not known.
    pub offset: Option<usize>,
    pub length: usize,
    pub message: String,
    pub expected: String,
    pub named: Named,
    pub name: String,
}

impl Mistake {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            offset: None,
            length: 0,
            message: message.into(),
            expected: String::new(),
            named: Named::Nothing,
            name: String::new(),
        }
    }

    pub fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    pub fn over(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    pub fn about(mut self, named: Named, name: impl Into<String>) -> Self {
        self.named = named;
        self.name = name.into();
        self
    }
}

/// A size in the unit that a person would say it in.
pub fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 && b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{b} bytes"),
    }
}

impl From<Stop> for Mistake {
    fn from(stop: Stop) -> Self {
        let mistake = Self::new(match stop {
            Stop::Time => "the query took longer than its time limit",
            Stop::Memory => "this needs more memory than its limit allows",
            Stop::Text => "a text that the query computes, or that REPLACE works on, is too long",
        });
        match stop {
            Stop::Text => mistake.expecting("at most 1 MiB; for REPLACE 64 KiB, and 1 KiB as the replacement"),
            Stop::Time | Stop::Memory => mistake,
        }
    }
}

//! Each term once, as a number: the numbers are in the order in which the terms came, so that nothing that is ordered by
//! them depends on anything else.

use oxrdf::{BlankNode, Literal, LiteralRef, NamedNode, Term};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;

const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";

/// A term's number, counted from 1.
pub type Number = NonZeroU32;

/// A term as it is kept: with the number of its datatype or language tag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Iri,
    Blank,
    Plain,
    Tagged(Number),
    Typed(Number),
    /// A language tag: no term, but kept among them.
    Tag,
}

struct Entry {
    start: u64,
    length: u32,
    /// Part of the hash, so that growing the table reads no text.
    hash: u32,
    form: Form,
}

#[derive(Default)]
pub struct Terms {
    text: Vec<u8>,
    entries: Vec<Entry>,
    /// Open addressing; 0 is empty. At most half full.
    slots: Vec<u32>,
    hasher: RandomState,
}

/// There are more terms than numbers for them, or a text is longer than can be kept.
#[derive(Debug)]
pub struct Full;

/// Numbers above are not ours to give (see store.rs).
pub const MOST_TERMS: usize = (1 << 31) - 1;

impl Terms {
    pub fn text(&self, number: Number) -> &str {
        let entry = &self.entries[number.get() as usize - 1];
        let start = entry.start as usize;
        // SAFETY: what is kept came as str.
        unsafe { std::str::from_utf8_unchecked(&self.text[start..start + entry.length as usize]) }
    }

    pub fn form(&self, number: Number) -> Form {
        self.entries[number.get() as usize - 1].form
    }

    pub fn find(&self, form: Form, text: &str) -> Option<Number> {
        if self.slots.is_empty() {
            return None;
        }
        self.probe(form, text, self.hash(form, text)).ok()
    }

    pub fn add(&mut self, form: Form, text: &str) -> Result<Number, Full> {
        if self.slots.len() < 2 * (self.entries.len() + 1) {
            self.grow();
        }
        let hash = self.hash(form, text);
        match self.probe(form, text, hash) {
            Ok(number) => Ok(number),
            Err(slot) => {
                if self.entries.len() >= MOST_TERMS {
                    return Err(Full);
                }
                let length = u32::try_from(text.len()).map_err(|_| Full)?;
                self.entries.push(Entry { start: self.text.len() as u64, length, hash, form });
                self.text.extend_from_slice(text.as_bytes());
                self.slots[slot] = self.entries.len() as u32;
                NonZeroU32::new(self.entries.len() as u32).ok_or(Full)
            }
        }
    }

    /// A literal's number. An empty datatype is a plain string's.
    pub fn add_literal(&mut self, text: &str, datatype: &str, language: &str) -> Result<Number, Full> {
        let form = if !language.is_empty() {
            Form::Tagged(self.add(Form::Tag, language)?)
        } else if datatype.is_empty() || datatype == XSD_STRING {
            Form::Plain
        } else {
            Form::Typed(self.add(Form::Iri, datatype)?)
        };
        self.add(form, text)
    }

    pub fn add_term(&mut self, term: &Term) -> Result<Number, Full> {
        match term {
            Term::NamedNode(iri) => self.add(Form::Iri, iri.as_str()),
            Term::BlankNode(node) => self.add(Form::Blank, node.as_str()),
            Term::Literal(literal) => {
                let (datatype, language) = parts(literal.as_ref());
                self.add_literal(literal.value(), datatype, language)
            }
        }
    }

    pub fn find_term(&self, term: &Term) -> Option<Number> {
        match term {
            Term::NamedNode(iri) => self.find(Form::Iri, iri.as_str()),
            Term::BlankNode(node) => self.find(Form::Blank, node.as_str()),
            Term::Literal(literal) => {
                let (datatype, language) = parts(literal.as_ref());
                let form = if !language.is_empty() {
                    Form::Tagged(self.find(Form::Tag, language)?)
                } else if datatype.is_empty() {
                    Form::Plain
                } else {
                    Form::Typed(self.find(Form::Iri, datatype)?)
                };
                self.find(form, literal.value())
            }
        }
    }

    pub fn term(&self, number: Number) -> Term {
        let text = self.text(number);
        match self.form(number) {
            Form::Blank => BlankNode::new_unchecked(text).into(),
            Form::Plain => Literal::new_simple_literal(text).into(),
            Form::Tagged(tag) => Literal::new_language_tagged_literal_unchecked(text, self.text(tag)).into(),
            Form::Typed(datatype) => {
                Literal::new_typed_literal(text, NamedNode::new_unchecked(self.text(datatype))).into()
            }
            Form::Iri | Form::Tag => NamedNode::new_unchecked(text).into(),
        }
    }

    fn hash(&self, form: Form, text: &str) -> u32 {
        let form = match form {
            Form::Iri => 0_u64,
            Form::Blank => 1,
            Form::Plain => 2,
            Form::Tag => 3,
            Form::Tagged(tag) => 4 + (u64::from(tag.get()) << 1),
            Form::Typed(datatype) => 5 + (u64::from(datatype.get()) << 1),
        };
        (self.hasher.hash_one((form, text)) >> 32) as u32
    }

    /// The number of the term, or the slot to put it into.
    fn probe(&self, form: Form, text: &str, hash: u32) -> Result<Number, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let Some(number) = NonZeroU32::new(self.slots[slot]) else {
                return Err(slot);
            };
            let entry = &self.entries[number.get() as usize - 1];
            if entry.hash == hash && entry.form == form && self.text(number) == text {
                return Ok(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (4 * (self.entries.len() + 1)).next_power_of_two().max(64);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (index, entry) in self.entries.iter().enumerate() {
            let mut slot = entry.hash as usize & (size - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = index as u32 + 1;
        }
    }
}

/// A literal's datatype ("" for a plain string or where there is a language) and language ("" where there is none).
pub fn parts<'a>(literal: LiteralRef<'a>) -> (&'a str, &'a str) {
    match literal.language() {
        Some(language) => ("", language),
        None => match literal.datatype().as_str() {
            XSD_STRING => ("", ""),
            datatype => (datatype, ""),
        },
    }
}

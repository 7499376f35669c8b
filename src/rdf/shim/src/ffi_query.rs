//! The C interface to queries: ../../shim.h.

use crate::abi::{CTerm, CText, Report, caught, told, unwound};
use crate::mistake::Mistake;
use crate::query::{self, Answer, Format, Kind, Request, Rows};
use crate::store::Store;
use oxrdf::{Term, Variable};
use std::ffi::c_void;
use std::time::Duration;

#[repr(C)]
pub struct CRequest {
    text: CText,
    format: u32,
    /// Name, IRI, name, IRI, ...
    prefixes: *const CText,
    prefix_texts: usize,
    seconds: f64,
    most_memory: u64,
    most_rows: u64,
}

#[repr(C)]
pub struct CAnswer {
    /// 0: solutions, 1: a truth value, 2: triples.
    kind: u32,
    truth: bool,
    cut: bool,
    rows: u64,
}

#[repr(C)]
pub struct CReceiver {
    context: *mut c_void,
    variables: extern "C" fn(*mut c_void, *const CText, usize),
    row: extern "C" fn(*mut c_void, *const CTerm, usize) -> bool,
    text: extern "C" fn(*mut c_void, CText),
    report: Report,
}

/// C++ answers for its own pointers: the caller waits while the query's thread works for it.
struct Shared<T>(T);
unsafe impl<T> Send for Shared<T> {}

struct Receiver<'a>(&'a CReceiver);

impl Rows for Receiver<'_> {
    fn variables(&mut self, variables: &[Variable]) {
        let names: Vec<CText> = variables.iter().map(|variable| CText::of(variable.as_str().as_bytes())).collect();
        (self.0.variables)(self.0.context, names.as_ptr(), names.len());
    }

    fn row(&mut self, values: &[Option<Term>]) -> bool {
        let terms: Vec<CTerm> = values.iter().map(|value| CTerm::of(value.as_ref().map(Term::as_ref))).collect();
        (self.0.row)(self.0.context, terms.as_ptr(), terms.len())
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_query(
    store: *const Store,
    request: *const CRequest,
    receiver: *const CReceiver,
    answer: *mut CAnswer,
) -> bool {
    let receiver = unsafe { &*receiver };
    let work = Shared((store, request, receiver));
    let result = caught(|| {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(query::STACK).spawn_scoped(scope, move || {
                let work = work;
                let Shared((store, request, receiver)) = work;
                caught(|| unsafe { asked(&*store, &*request, receiver) })
            });
            match thread {
                Ok(thread) => thread.join().unwrap_or_else(|payload| Err(unwound(&*payload))),
                Err(error) => Err(Mistake::new(format!("no thread for the query: {error}"))),
            }
        })
    });
    let Some(Answer { kind, rows, cut, text }) = told(result, receiver.report, receiver.context) else {
        return false;
    };
    if !text.is_empty() {
        (receiver.text)(receiver.context, CText::of(&text));
    }
    let (kind, truth) = match kind {
        Kind::Solutions => (0, false),
        Kind::Boolean(truth) => (1, truth),
        Kind::Graph => (2, false),
    };
    unsafe { *answer = CAnswer { kind, truth, cut, rows } };
    true
}

unsafe fn asked(store: &Store, request: &CRequest, receiver: &CReceiver) -> Result<Answer, Mistake> {
    let formats = [Format::Rows, Format::Json, Format::Csv, Format::Tsv, Format::Turtle, Format::NTriples];
    let texts: &[CText] = if request.prefix_texts == 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(request.prefixes, request.prefix_texts) }
    };
    let mut prefixes = Vec::new();
    for pair in texts.chunks_exact(2) {
        prefixes.push(unsafe { (pair[0].text("a prefix")?, pair[1].text("a prefix")?) });
    }
    let text = std::str::from_utf8(unsafe { request.text.bytes() })
        .map_err(|error| Mistake::new("the query is not UTF-8").at(error.valid_up_to()))?;
    let request = Request {
        text,
        format: *formats.get(request.format as usize).ok_or_else(|| Mistake::new("no such format"))?,
        prefixes,
        time: if request.seconds > 0.0 {
            Duration::try_from_secs_f64(request.seconds).unwrap_or(Duration::MAX)
        } else {
            Duration::ZERO
        },
        memory: request.most_memory,
        rows: request.most_rows,
    };
    query::answer(store, &request, &mut Receiver(receiver))
}

// Only so that the compiler says so if it is ever not true: queries share a store.
const _: fn() = || {
    fn shared<T: Sync>() {}
    shared::<Store>();
};

//! Behind the C interface of ../../shim.h. Nothing unwinds across it.

// The pointers and lengths that come from C++ are what shim.h says they are.
#![allow(clippy::missing_safety_doc)]

mod abi;
mod budget;
mod ffi_query;
mod ffi_store;
mod graph;
mod misread;
mod mistake;
mod parse;
mod query;
mod scan;
mod shape;
mod store;
mod terms;

#[global_allocator]
static ALLOCATOR: budget::Counting = budget::Counting;

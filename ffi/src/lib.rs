//! The C ABI of sanwang.

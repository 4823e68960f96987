// The stores that one contract holds for. A kind makes a store, and makes it anew from what the last one left.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <wye/store.hpp>

namespace wye::test {

struct memory_kind {
  static constexpr bool survives = false;
  std::unique_ptr<store> open() { return make_memory_store({.max_record = max_record}); }
  static constexpr std::size_t max_record = 1 << 20;
};

/// All records of a log from `from` on, as `number:head=body`.
inline std::vector<std::string> contents(log& of, sequence from = 1, const read_limits& limits = {}) {
  std::vector<record> records;
  for (sequence at = from, next = 0; at < of.bounds().next; at = next) next = of.read(at, limits, records).value();
  std::vector<std::string> out;
  for (const record& r : records) {
    std::string text = std::to_string(r.number) + ":";
    text.append(r.head.text()).append("=").append(r.body.text());
    out.push_back(std::move(text));
  }
  return out;
}

inline entry entry_of(std::string_view head, std::string_view body, std::int64_t time = 0) {
  return {.head = as_bytes(head), .body = as_bytes(body), .time = time};
}

/// Appends one record.
inline sequence put(log& to, std::string_view head, std::string_view body) {
  const entry one[] = {entry_of(head, body)};
  return to.append(one).value();
}

using texts = std::vector<std::string>;

}  // namespace wye::test

// batch_of: batches, for tests of what devices do with them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wye/batch.hpp>
#include <wye/message.hpp>

#include "lib/core/batch_writer.hpp"

namespace wye::test {

/// As a socket sends it, or gives it unopened: a message of its own has nothing in `what`.
struct parcel {
  message m;
  batch::contents what;
};

inline parcel batch_of(const std::vector<message>& all, const std::string& topic = {}) {
  detail::batch_writer to(1 << 20, 100'000);
  for (const message& m : all) to.add(m, 0);
  parcel p;
  if (!topic.empty()) p.m.push_back(std::string(batch::marker) + topic);
  p.m.push_back(frame::copy_of(to.finished().bytes()));
  p.what = batch::read(p.m.back().bytes()).value();
  return p;
}

inline std::vector<message> numbered(int count, std::string_view topic = {}) {
  std::vector<message> all;
  for (int i = 0; i < count; ++i) {
    message& m = all.emplace_back();
    if (!topic.empty()) m.push_back(topic);
    m.push_back(std::to_string(i));
  }
  return all;
}

}  // namespace wye::test

#include <wye/ledger.hpp>

#include <doctest/doctest.h>

#include <set>

namespace wye {

TEST_CASE("ledgers add field by field; in flight is known only if it is on both sides") {
  ledger a, b;
  a.sent = 1, a.at_risk = 2, a.in_flight = 3, a.dropped[0] = 4;
  b.sent = 10, b.at_risk = 20, b.in_flight = 30, b.dropped[0] = 40, b.refused = 5;
  a += b;
  CHECK(a.sent == 11);
  CHECK(a.at_risk == 22);
  CHECK(a.in_flight == 33);
  CHECK(a[drop_reason::queue_full] == 44);
  CHECK(a.dropped_total() == 44);
  CHECK(a.refused == 5);
  b.in_flight.reset();
  a += b;
  CHECK_FALSE(a.in_flight.has_value());
}

TEST_CASE("every drop reason has a name of its own, and the line names those that happened") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < drop_reasons; ++i) names.insert(name_of(static_cast<drop_reason>(i)));
  CHECK(names.size() == drop_reasons);
  CHECK_FALSE(names.contains("unknown"));
  ledger l;
  l.sent = 3, l.dropped[static_cast<std::size_t>(drop_reason::hop_limit)] = 2;
  CHECK(l.str() == "sent 3 received 0 dropped 2 (hop_limit 2)");
}

}  // namespace wye

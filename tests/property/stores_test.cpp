// Whatever is done to them, the disk store and the memory store hold the same; also after the disk store was opened
// anew.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "unit/stores/kinds.hpp"

namespace wye::test {
namespace {

// One thing to do to a log.
struct action {
  enum class sort : std::uint8_t { append, trim, sync, reopen };
  sort what = sort::append;
  std::vector<std::string> added;
  std::vector<sequence> gone;  // also unknown ones
  sequence before = 0;
};

rc::Gen<std::string> body() {
  return rc::gen::map(rc::gen::inRange<std::size_t>(0, 2000), [](std::size_t n) { return std::string(n, 'x'); });
}

rc::Gen<action> some_action() {
  using sort = action::sort;
  return rc::gen::build<action>(
      rc::gen::set(&action::what, rc::gen::weightedElement<sort>(
                                      {{10, sort::append}, {2, sort::trim}, {2, sort::sync}, {1, sort::reopen}})),
      rc::gen::set(&action::added, rc::gen::container<std::vector<std::string>>(body())),
      rc::gen::set(&action::gone, rc::gen::container<std::vector<sequence>>(rc::gen::inRange<sequence>(0, 200))),
      rc::gen::set(&action::before, rc::gen::inRange<sequence>(0, 200)));
}

class pair_of_stores {
 public:
  pair_of_stores() {
    k_.options.segment_bytes = 4096;
    open();
  }

  void run(const action& a) {
    switch (a.what) {
      case action::sort::append: return append(a);
      case action::sort::trim:
        RC_ASSERT(disk_log_->trim(a.before).has_value() && memory_log_->trim(a.before).has_value());
        return;
      case action::sort::sync: RC_ASSERT(disk_->sync().has_value()); return;
      case action::sort::reopen: disk_log_.reset(), disk_.reset(), open();
    }
  }

  void compare() {
    const log_bounds a = disk_log_->bounds(), b = memory_log_->bounds();
    RC_ASSERT(a.first == b.first);
    RC_ASSERT(a.next == b.next);
    RC_ASSERT(a.records == b.records);
    RC_ASSERT(a.bytes == b.bytes);
    RC_ASSERT(contents(*disk_log_) == contents(*memory_log_));
  }

 private:
  void open() {
    disk_ = k_.open();
    RC_ASSERT(disk_->recovery().findings.empty());
    disk_log_ = disk_->open("log").value();
  }

  void append(const action& a) {
    std::vector<entry> added;
    for (const std::string& b : a.added) added.push_back(entry_of("h", b));
    RC_ASSERT(disk_log_->append(added, a.gone).value() == memory_log_->append(added, a.gone).value());
  }

  simulated_kind k_;
  std::unique_ptr<store> disk_, memory_ = make_memory_store();
  std::unique_ptr<log> disk_log_, memory_log_ = memory_->open("log").value();
};

TEST_CASE("The disk store does what the memory store does") {
  CHECK(rc::check("disk and memory agree", [] {
    pair_of_stores both;
    for (const action& a : *rc::gen::container<std::vector<action>>(some_action())) both.run(a), both.compare();
  }));
}

}  // namespace
}  // namespace wye::test

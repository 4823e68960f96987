#include <wye/links/inbox.hpp>

namespace wye::links {
namespace {

constexpr std::size_t quantum = 64;

}  // namespace

void inbox::add(link* l) { waiting_.push_back(l); }

void inbox::remove(const link* l) {
  if (!waiting_.empty() && waiting_.front() == l) served_ = 0;
  std::erase(waiting_, l);
}

link* inbox::next() {
  if (served_ != 0 && served_ < quantum) {
    ++served_;
    return waiting_.front();
  }
  if (served_ != 0) pass();
  for (std::size_t looks = waiting_.size(); looks != 0; --looks) {
    link* l = waiting_.front();
    if (!l->polled() || l->readable()) {
      served_ = 1;
      return l;
    }
    pass();
  }
  return nullptr;
}

void inbox::was_empty() {
  if (waiting_.front()->polled()) return pass();
  waiting_.pop_front();
  served_ = 0;
}

void inbox::pass() {
  waiting_.push_back(waiting_.front());
  waiting_.pop_front();
  served_ = 0;
}

}  // namespace wye::links

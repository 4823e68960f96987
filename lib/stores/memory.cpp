// The memory store: each log a deque of records, gone with the process.
#include <algorithm>
#include <atomic>
#include <deque>
#include <map>

#include <wye/error.hpp>
#include <wye/store.hpp>

namespace wye {
namespace {

constexpr std::size_t max_head = 0xFFFF;
constexpr std::size_t max_name = 200;

// How full the store is; shared by its logs, which may be on other threads than who asks for the state.
class budget {
 public:
  explicit budget(const memory_store_options& options) : options_(options) {}

  [[nodiscard]] bool take(std::uint64_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= options_.max_bytes) return refused_ = 0, true;
    used_ -= bytes;
    refused_ = bytes;
    return false;
  }
  void replace(std::uint64_t bytes) { used_ += bytes; }
  void give_back(std::uint64_t bytes) { used_ -= bytes; }
  // Full means that what was refused last would be refused still.
  [[nodiscard]] bool full() const { return refused_ != 0 && used_ + refused_ > options_.max_bytes; }
  [[nodiscard]] std::size_t max_record() const { return options_.max_record; }

 private:
  const memory_store_options options_;
  std::atomic<std::uint64_t> used_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

// A record that is not erased has a block: its head, and behind it its body.
struct slot {
  std::shared_ptr<std::byte[]> block;
  std::uint32_t head = 0;
  std::size_t size = 0;
  std::int64_t time = 0;
};

slot slot_of(const entry& e) {
  slot s{.block = std::make_shared<std::byte[]>(e.head.size() + e.body.size()),
         .head = static_cast<std::uint32_t>(e.head.size()),
         .size = e.head.size() + e.body.size(),
         .time = e.time};
  std::copy(e.body.begin(), e.body.end(), std::copy(e.head.begin(), e.head.end(), s.block.get()));
  return s;
}

record record_of(sequence number, const slot& s, bool with_body) {
  return {.number = number,
          .time = s.time,
          .head = frame::of(s.block, {s.block.get(), s.head}),
          .body = with_body ? frame::of(s.block, {s.block.get() + s.head, s.size - s.head}) : frame()};
}

// What a log holds, whether it is open or not.
class content {
 public:
  explicit content(budget& room) : room_(room) {}
  content(const content&) = delete;
  content& operator=(const content&) = delete;
  ~content() { room_.give_back(bytes_); }

  result<sequence> append(std::span<const entry> added, std::span<const sequence> gone) {
    std::uint64_t bytes = 0;
    for (const entry& e : added) {
      if (e.head.size() > max_head || e.head.size() + e.body.size() > room_.max_record()) return errc::too_large;
      bytes += e.head.size() + e.body.size();
    }
    if (!std::ranges::all_of(added, &entry::replaces)) {
      if (!room_.take(bytes)) return errc::no_space;
    } else {
      room_.replace(bytes);
    }
    for (const sequence number : gone) erase(number);
    const sequence first = next();
    for (const entry& e : added) slots_.push_back(slot_of(e));
    bytes_ += bytes, records_ += added.size();
    drop_front();
    return first;
  }

  sequence read(sequence from, const read_limits& limits, std::vector<record>& out) const {
    std::size_t records = 0, bytes = 0;
    sequence number = std::clamp(from, first_, next());
    for (; number < next(); ++number) {
      const slot& s = slots_[number - first_];
      if (!s.block) continue;
      const std::size_t size = limits.bodies ? s.size : s.head;
      if (records != 0 && (records >= limits.records || bytes + size > limits.bytes)) return number;
      out.push_back(record_of(number, s, limits.bodies));
      ++records, bytes += size;
    }
    return number;
  }

  void trim(sequence before) {
    for (const sequence end = std::min(before, next()); first_ < end;) erase(first_), slots_.pop_front(), ++first_;
    drop_front();
  }

  [[nodiscard]] log_bounds bounds() const {
    return {.first = first_, .next = next(), .records = records_, .bytes = bytes_, .space = bytes_};
  }

  bool opened = false;

 private:
  [[nodiscard]] sequence next() const { return first_ + slots_.size(); }

  void erase(sequence number) {
    if (number < first_ || number >= next() || !slots_[number - first_].block) return;
    slot& s = slots_[number - first_];
    room_.give_back(s.size);
    bytes_ -= s.size, --records_;
    s.block.reset();
  }

  void drop_front() {
    while (!slots_.empty() && !slots_.front().block) slots_.pop_front(), ++first_;
  }

  budget& room_;
  std::deque<slot> slots_;  // from first_ on
  sequence first_ = 1;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

class memory_log final : public log {
 public:
  explicit memory_log(std::shared_ptr<content> of) : of_(std::move(of)) { of_->opened = true; }
  memory_log(const memory_log&) = delete;
  memory_log& operator=(const memory_log&) = delete;
  ~memory_log() override { of_->opened = false; }

  result<sequence> append(std::span<const entry> added, std::span<const sequence> gone) override {
    return of_->append(added, gone);
  }
  result<sequence> read(sequence from, const read_limits& limits, std::vector<record>& out) override {
    return of_->read(from, limits, out);
  }
  result<void> trim(sequence before) override { return of_->trim(before), result<void>(); }
  [[nodiscard]] log_bounds bounds() const override { return of_->bounds(); }

 private:
  std::shared_ptr<content> of_;
};

class memory_store final : public store {
 public:
  explicit memory_store(const memory_store_options& options) : room_(options) {
    if (options.max_record == 0) throw error(errc::bad_option, "max_record is 0: no record could be kept");
  }

  result<std::unique_ptr<log>> open(std::string_view name) override {
    if (name.empty() || name.size() > max_name)
      return failure(errc::bad_option, "a log's name has 1 to 200 bytes, not " + std::to_string(name.size()));
    auto& found = logs_[std::string(name)];
    if (!found) found = std::make_shared<content>(room_);
    if (found->opened) return failure(errc::wrong_state, "the log '" + std::string(name) + "' is open already");
    return std::unique_ptr<log>(std::make_unique<memory_log>(found));
  }

  result<void> remove(std::string_view name) override {
    const auto found = logs_.find(std::string(name));
    if (found == logs_.end()) return failure(errc::not_found, "there is no log '" + std::string(name) + "'");
    if (found->second->opened) return failure(errc::wrong_state, "the log '" + std::string(name) + "' is open");
    logs_.erase(found);
    return {};
  }

  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, log] : logs_) all.push_back(name);
    return all;
  }

  result<void> sync() override { return {}; }
  [[nodiscard]] store_state state() const override { return room_.full() ? store_state::full : store_state::writable; }
  [[nodiscard]] std::string reason() const override {
    return room_.full() ? "the memory store has reached max_bytes" : std::string();
  }
  [[nodiscard]] const recovery_report& recovery() const override { return found_; }

 private:
  budget room_;
  std::map<std::string, std::shared_ptr<content>> logs_;
  const recovery_report found_;
};

}  // namespace

std::unique_ptr<store> make_memory_store(const memory_store_options& options) {
  return std::make_unique<memory_store>(options);
}

}  // namespace wye

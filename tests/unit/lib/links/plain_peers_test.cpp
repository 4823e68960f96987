// Links of peers that do not read batches, beside others.
#include <doctest/doctest.h>

#include <wye/links/linked_socket.hpp>

#include "lib/core/batch_writer.hpp"

namespace wye::links {
namespace {

struct scripted_link final : link {
  scripted_link(role as, bool reads, bool room) : link(false, reads), as_(as), room_(room) {}
  errc try_send(message& m, std::size_t first, bool /*keep*/) override {
    if (!room_) return errc::would_block;
    if (!reads_batches() && batch::count(m, as_).messages > 1) return errc::not_supported;
    message copy;
    for (std::size_t i = first; i < m.size(); ++i) copy.push_back(m[i]);
    sent.push_back(std::move(copy));
    return errc::ok;
  }
  bool has_room() noexcept override { return room_; }
  errc try_recv(message& /*m*/, std::size_t /*prefix*/) override { return errc::would_block; }
  bool readable() noexcept override { return false; }
  [[nodiscard]] std::size_t in_flight() const noexcept override { return 0; }
  void close() noexcept override {}

  std::vector<message> sent;
  const role as_;
  bool room_;
};

struct engineless_socket final : linked_socket {
  explicit engineless_socket(role as) : linked_socket(as, {}), as_(as) {}
  ~engineless_socket() override { (void)close(duration::zero()); }
  endpoint bind(const endpoint& at) override { return at; }
  void connect(const endpoint& /*to*/) override {}
  void remove(const endpoint& /*which*/) override {}
  frame allocate(std::size_t size) override { return frame::make(size); }
  void shut() noexcept override {}

  std::shared_ptr<scripted_link> join(bool reads, bool room = true) {
    auto l = std::make_shared<scripted_link>(as_, reads, room);
    REQUIRE(shared()->join(l, "somewhere"));
    return l;
  }
  void part(const std::shared_ptr<scripted_link>& l, remains left) { shared()->part(l, std::move(left)); }
  void make_room(const std::shared_ptr<scripted_link>& l) {
    l->room_ = true;
    shared()->writable(l);
  }
  using linked_socket::all_read_batches;

 private:
  const role as_;
};

frame batch_of(std::initializer_list<message> messages) {
  detail::batch_writer to(4096, 100);
  for (const message& m : messages) to.add(m, 0);
  return to.finished();
}

message published(std::initializer_list<message> messages) {
  message m(batch::marker);
  m.push_back(batch_of(messages));
  return m;
}

TEST_CASE("a publisher's peers are asked one by one whether they read batches") {
  engineless_socket s(role::publisher);
  CHECK_FALSE(s.all_read_batches());
  const auto reader = s.join(true);
  CHECK(s.all_read_batches());
  const auto plain = s.join(false);
  CHECK_FALSE(s.all_read_batches());
  s.part(plain, {});
  CHECK(s.all_read_batches());
}

TEST_CASE("a plain subscriber that has just come is not given the batch that was begun without it") {
  engineless_socket s(role::publisher);
  const auto reader = s.join(true), plain = s.join(false);
  message two = published({message{"t", "1"}, message{"t", "2"}});
  CHECK(s.try_send(two) == errc::ok);
  CHECK(reader->sent.size() == 1);
  CHECK(plain->sent.empty());
  message one = published({message{"t", "a body that looks like a batch"}});
  CHECK(s.try_send(one) == errc::ok);
  CHECK(plain->sent.size() == 1);
}

TEST_CASE("a batch that nobody gets counts as its messages") {
  engineless_socket s(role::publisher);
  message three = published({message{"t", "1"}, message{"t", "2"}, message{"t", "3"}});
  CHECK(s.try_send(three) == errc::ok);
  CHECK(s.counts()[drop_reason::not_wanted] == 3);
}

TEST_CASE("what a peer left comes out of its batch for a plain one, and stays in it for others") {
  for (const role as : {role::pair, role::push}) {
    for (const bool room_at_once : {true, false}) {
      for (const bool reads : {true, false}) {
        CAPTURE(as);
        CAPTURE(room_at_once);
        CAPTURE(reads);
        engineless_socket s(as);
        const auto gone = s.join(true);
        remains left;
        left.unsent.emplace_back(batch_of({message("1"), message{"2", "and more"}}));
        left.unsent.emplace_back(message("3"));
        s.part(gone, std::move(left));
        const auto next = s.join(reads, room_at_once);
        CHECK(s.counts().in_flight.value() == (room_at_once ? 0 : 3));
        s.make_room(next);
        message after("4");
        CHECK(s.try_send(after) == errc::ok);
        if (reads) CHECK(next->sent.size() == 3);
        else
          CHECK(next->sent == std::vector<message>{message("1"), message{"2", "and more"}, message("3"), message("4")});
      }
    }
  }
}

TEST_CASE("a push's batch is refused by the plain puller whose turn it is") {
  engineless_socket s(role::push);
  const auto reader = s.join(true), plain = s.join(false);
  message first(batch_of({message("1"), message("2")})), second(batch_of({message("3"), message("4")}));
  CHECK(s.try_send(first) == errc::ok);
  CHECK(s.try_send(second) == errc::not_supported);
  CHECK(second.byte_size() > 0);
  CHECK(reader->sent.size() == 1);
  CHECK(plain->sent.empty());
}

TEST_CASE("what a router's peer left counts as its messages") {
  engineless_socket s(role::router);
  const auto gone = s.join(true);
  remains left;
  left.unsent.emplace_back(batch_of({message("1"), message("2"), message("3")}));
  left.unsent.emplace_back(message("4"));
  s.part(gone, std::move(left));
  CHECK(s.counts()[drop_reason::peer_lost] == 4);
}

}  // namespace
}  // namespace wye::links

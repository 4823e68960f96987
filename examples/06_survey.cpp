// One question, the answers of all who are there (NNG).
#include <algorithm>
#include <iostream>
#include <thread>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::surveyor<std::string, std::string> chair{ctx, {.bind = "nng+tcp://127.0.0.1:0"}};

  std::vector<std::jthread> members;
  for (const char* name : {"ann", "bob", "eve"})
    members.emplace_back([&ctx, name, at = chair.bound().front()](std::stop_token stop) {
      wye::respondent<std::string, std::string> member{ctx, {.connect = at}};
      while (member.recv(wye::deadline::never(), stop)) member.answer(name + std::string(" is here")).value();
    });
  chair.wait_for_peers(3, 10s).value();

  auto answers = chair.survey("who is here?", 10s, 3).value();  // until there are 3, for 10 s at most
  std::sort(answers.begin(), answers.end());
  for (const auto& answer : answers) std::cout << answer << '\n';
}

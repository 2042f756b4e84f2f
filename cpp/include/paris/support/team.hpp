// A fork-join team of threads.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "paris/support/poll.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Runs `task(i)` for i = 0 … n_tasks − 1 on `size` threads, the calling one included. Which thread
// gets which task is left open, so a task must depend on its number alone: then the results are the
// same whatever the size. A team of one starts no thread. The first exception is thrown to the
// caller.
//
// Every pass over a table goes through a team, so this is where interrupts come in: the calling
// thread polls after each of its tasks, and what the poll throws ends the run like an exception of
// a task. Tasks should be short: `rows_per_task` says how many rows make one.
//
// The threads live as long as the team; keep it on the stack of one call, so that no thread
// outlives it and a later fork() of the process stays safe.
class Team {
 public:
  explicit Team(int size, Poll poll = {}) : poll_(std::move(poll)) {
    try {
      for (int i = 1; i < size; ++i) helpers_.emplace_back([this] { help(); });
    } catch (const std::system_error&) {  // no more threads to be had: fewer will do
    } catch (...) {
      dismiss();
      throw;
    }
  }

  ~Team() { dismiss(); }

  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(helpers_.size()) + 1; }

  // For long work outside `run`; from the calling thread only.
  void poll() const {
    if (poll_) poll_();
  }

  template <class Task>
  void run(Index n_tasks, const Task& task) {
    if (helpers_.empty() || n_tasks <= 1) {
      for (Index i = 0; i < n_tasks; ++i) {
        task(i);
        poll();
      }
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      // Not a std::function, which would allocate.
      task_ = &task;
      call_ = [](const void* t, Index i) { (*static_cast<const Task*>(t))(i); };
      n_tasks_ = n_tasks;
      next_ = 0;
      busy_ = static_cast<int>(helpers_.size());
      failure_ = nullptr;
      ++round_;
    }
    wake_.notify_all();
    work([this] { poll(); });
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void help() {
    std::size_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return closing_ || round_ != seen; });
        if (closing_) return;
        seen = round_;
      }
      work([] {});
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  template <class After>
  void work(const After& after) {
    for (;;) {
      Index i = 0;
      {
        const std::lock_guard lock(mutex_);
        if (next_ >= n_tasks_) return;
        i = next_++;
      }
      try {
        call_(task_, i);
        after();
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        next_ = n_tasks_;
      }
    }
  }

  void dismiss() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
    helpers_.clear();
  }

  Poll poll_;
  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const void* task_ = nullptr;
  void (*call_)(const void*, Index) = nullptr;
  std::exception_ptr failure_;
  Index n_tasks_ = 0, next_ = 0;
  int busy_ = 0;
  std::size_t round_ = 0;
  bool closing_ = false;
};

}  // namespace paris

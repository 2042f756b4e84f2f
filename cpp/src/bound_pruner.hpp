// The greedy loop as Python holds it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "gil.hpp"
#include "paris/pruner.hpp"

namespace paris::python {

// A table with targets and weights; keeps its arrays alive.
struct BoundTable {
  FloatArray Phi, y, weight;

  Table view() const { return {table_view(Phi), table_view(y), vector_view(weight)}; }
};

// Keeps the arrays alive that the pruner refers to. It serves one call at a time: one that comes
// while another thread is at work is refused, rather than kept waiting for what may be hours; while
// another only reads, it waits.
class BoundPruner {
 public:
  BoundPruner(FloatArray Phi, FloatArray y, BoundTable validation,
              std::optional<BoundTable> monitor, const BoolArray& protect, const IntArray& strata,
              const IntArray& quotas, const Options& options)
      : Phi_(std::move(Phi)),
        y_(std::move(y)),
        validation_(std::move(validation)),
        monitor_(std::move(monitor)) {
    Problem problem{table_view(Phi_), table_view(y_),   validation_.view(), std::nullopt,
                    flags(protect),   integers(strata), integers(quotas)};
    if (monitor_) problem.monitor.emplace(monitor_->view());
    const SignalPoll poll;
    pruner_ =
        without_gil([&] { return std::make_unique<Pruner>(std::move(problem), options, poll); });
  }

  Index run(Index n, double seconds, double ceiling, double floor, Index patience, double share,
            double tolerance) {
    using Clock = std::chrono::steady_clock;
    const Alone alone(*this, true);
    const SignalPoll poll;
    return without_gil([&] {
      const Clock::time_point start = Clock::now();
      const auto enough = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count() >= seconds;
      };
      return pruner_->run(n, enough, poll, {ceiling, floor, patience, share, tolerance});
    });
  }

  Index replay(const IntArray& rows, const FloatArray& delta_loss) {
    std::vector<Choice> choices;
    for (py::ssize_t i = 0; i < rows.size(); ++i) {
      choices.push_back({static_cast<Index>(rows.at(i)), delta_loss.at(i)});
    }
    const Alone alone(*this, true);
    const SignalPoll poll;
    return without_gil([&] { return pruner_->replay(choices, poll); });
  }

  // `read(pruner)` with a loss for every deletion.
  template <class Read>
  auto settled(Read&& read) {
    const Alone alone(*this, false);
    const SignalPoll poll;
    without_gil([&] { pruner_->settle(poll); });
    return read(*pruner_);
  }

  Index n_removed() const { return pruner_->n_removed(); }

 private:
  class Alone {
   public:
    Alone(BoundPruner& pruner, bool works) : pruner_(pruner) {
      while (!pruner_.mutex_.try_lock()) {
        if (pruner_.works_) throw std::runtime_error("the Pruner is running in another thread");
        without_gil([] { std::this_thread::sleep_for(std::chrono::microseconds(50)); });
      }
      pruner_.works_ = works;
    }

    ~Alone() {
      pruner_.works_ = false;
      pruner_.mutex_.unlock();
    }

    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    BoundPruner& pruner_;
  };

  FloatArray Phi_, y_;
  BoundTable validation_;
  std::optional<BoundTable> monitor_;
  std::unique_ptr<Pruner> pruner_;
  std::mutex mutex_;
  std::atomic<bool> works_{false};
};

}  // namespace paris::python

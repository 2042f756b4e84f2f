"""Calls in threads of their own, at the same time."""

import threading


def at_once(*calls):
    """Make all calls at the same time; what each returned or raised, in their order."""
    outcomes = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def work(place, call):
        ready.wait()
        try:
            outcomes[place] = call()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes

"""All tests here share the processes of the litellm lane."""

from kept import one_process_of_the_litellm_lane

__all__ = ["one_process_of_the_litellm_lane"]

"""The embedded solver: a nano chat model that knows the roles of Verity's teams and small arithmetic."""

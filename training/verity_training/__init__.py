"""Training of Verity's embedded models, from source code that package registries ship."""
